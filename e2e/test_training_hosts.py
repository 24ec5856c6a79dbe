"""Jobs of several instances: they find each other, share the data, and fail together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from programs import Programs
from training import GROUP, Training

pytestmark = pytest.mark.server

# Every host listens on the same port, sends its number to all others by name, and
# adds up what it is sent: an allreduce without a library.
ALLREDUCE = """
import json, os, pathlib, socket, sys, threading, time
config = json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text())
hosts, me = config["hosts"], config["current_host"]
rank = hosts.index(me)
server = socket.create_server((me, 7777))
def send(host):
    for _ in range(600):
        try:
            with socket.create_connection((host, 7777), timeout=5) as peer:
                peer.sendall(str(rank + 1).encode())
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("no way to " + host)
threads = [threading.Thread(target=send, args=(host,)) for host in hosts]
[thread.start() for thread in threads]
total = 0
for _ in hosts:
    peer, _address = server.accept()
    with peer:
        total += int(peer.makefile().read())
[thread.join() for thread in threads]
files = sorted(p.name for p in pathlib.Path("/opt/ml/input/data/train").iterdir())
print(f"{me} total={total} files={len(files)}", flush=True)
answer = {"total": total, "files": files, "hostname": socket.gethostname(), "config": config}
pathlib.Path(f"/opt/ml/model/{me}.json").write_text(json.dumps(answer))
"""


def resources(count: int) -> dict[str, Any]:
    return {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 5}


def test_allreduce(training: Training, program: Programs) -> None:
    # TrainContainer-5, -8, -12, TrainData-8
    uri = training.upload("train", "1", "2", "3", "4")
    channel = training.channel("train", uri, None)
    channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "FullyReplicated"
    description = training.run(program(ALLREDUCE), [channel], ResourceConfig=resources(3))
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    answers = {name: json.loads(text) for name, text in training.artifact(description).items()}
    assert sorted(answers) == ["algo-1.json", "algo-2.json", "algo-3.json"]
    for name, answer in answers.items():
        assert answer["total"] == 6
        assert answer["hostname"] + ".json" == name
        assert answer["files"] == ["part-0", "part-1", "part-2", "part-3"]
        assert answer["config"]["hosts"] == ["algo-1", "algo-2", "algo-3"]
    streams = training.logs.describe_log_streams(
        logGroupName=GROUP, logStreamNamePrefix=f"{training.name}/"
    )["logStreams"]
    assert [s["logStreamName"].split("/")[1].rpartition("-")[0] for s in streams] == [
        "algo-1",
        "algo-2",
        "algo-3",
    ]


def test_one_host_fails(training: Training, program: Programs) -> None:
    # TrainContainer-7: the others, which would run for ever, are ended.
    text = """
import socket, sys, time
if socket.gethostname() == "algo-2":
    sys.exit("this host has had enough")
time.sleep(600)
"""
    description = training.run(program(text), [], ResourceConfig=resources(2))
    assert description["TrainingJobStatus"] == "Failed"
    assert "this host has had enough (host algo-2)" in description["FailureReason"]


def test_isolated_hosts(training: Training, program: Programs) -> None:
    # TrainContainer-15, DescTJ-19, Net-1: peers are reached, and nothing else is.
    text = ALLREDUCE.replace(
        "rank = ",
        """for address in [("127.0.0.1", 1), ("1.1.1.1", 53), ("8.8.8.8", 443)]:
    try:
        socket.create_connection(address, timeout=2).close()
        sys.exit(f"{address} was reached")
    except OSError:
        pass
assert "AWS_ENDPOINT_URL" not in os.environ
rank = """,
        1,
    )
    uri = training.upload("train", "1")
    description = training.run(
        program(text),
        [training.channel("train", uri, None)],
        ResourceConfig=resources(2),
        EnableNetworkIsolation=True,
    )
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
