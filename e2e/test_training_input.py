"""How data reaches programs: every input mode, manifests, shards, file systems, the volume."""

from __future__ import annotations

import gzip
import json
import struct
from typing import Any

import pytest
from programs import Programs
from server import Server
from training import Training

FILE_SYSTEM = "fs-0123456789abcdef0"

pytestmark = pytest.mark.server

# Tells what lies in the channel's directory, by host.
LIST = """
import json, os, pathlib
root = pathlib.Path("/opt/ml/input/data/train")
files = {str(p.relative_to(root)): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}
config = json.loads(pathlib.Path("/opt/ml/input/config/inputdataconfig.json").read_text())
answer = {"files": files, "config": config["train"], "writable": os.access(root, os.W_OK)}
pathlib.Path("/opt/ml/model", os.environ["SM_CURRENT_HOST"]).write_text(json.dumps(answer))
"""

# Reads two epochs of a pipe.
PIPE = """
import pathlib
for epoch in range(2):
    with open(f"/opt/ml/input/data/train_{epoch}", "rb") as pipe:
        pathlib.Path(f"/opt/ml/model/epoch-{epoch}").write_bytes(pipe.read())
"""


def channel(uri: str, **changes: Any) -> dict[str, Any]:
    """The channel `train`; changes of S3DataSource are those with S3 in their names."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    for name in ("S3DataType", "S3DataDistributionType", "AttributeNames"):
        if name in changes:
            source[name] = changes.pop(name)
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}, **changes}


def completed(description: dict[str, Any]) -> dict[str, Any]:
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    return description


def hosts(training: Training, description: dict[str, Any]) -> dict[str, Any]:
    files = training.artifact(completed(description)).items()
    return {name: json.loads(text) for name, text in files}


def test_fast_file(training: Training, program: Programs) -> None:
    # TrainData-2: the same directory, read-only, without a download.
    uri = training.upload("train", "a", "b")
    answer = hosts(training, training.run(program(LIST), [channel(uri, InputMode="FastFile")]))
    assert answer["algo-1"]["files"] == {"part-0": "a", "part-1": "b"}
    assert answer["algo-1"]["config"]["TrainingInputMode"] == "FastFile"
    assert "Downloading" not in [
        t["Status"] for t in training.wait()["SecondaryStatusTransitions"]
    ]  # CreateTrainingJob-23


def test_pipe(training: Training, program: Programs) -> None:
    # TrainData-3, -4: FIFOs by epoch, the objects' bytes in order, decompressed.
    uri = training.upload("train", gzip.compress(b"first"), gzip.compress(b"second"))
    given = channel(uri, InputMode="Pipe", CompressionType="Gzip")
    files = training.artifact(completed(training.run(program(PIPE), [given])))
    assert files == {"epoch-0": b"firstsecond", "epoch-1": b"firstsecond"}


def test_augmented_manifest_in_records(training: Training, program: Programs) -> None:
    # TrainData-5, -7: the attributes in the listed order, references followed, each a record.
    training.upload("image", b"\x89PNG")
    image = f"s3://{training.bucket}/{training.name}/image/part-0"
    lines = json.dumps({"label": 7, "picture-ref": image, "other": 1}) + "\n"
    uri = training.upload("manifest", lines) + "part-0"
    given = channel(
        uri,
        S3DataType="AugmentedManifestFile",
        AttributeNames=["picture-ref", "label"],
        InputMode="Pipe",
        RecordWrapperType="RecordIO",
    )
    files = training.artifact(completed(training.run(program(PIPE), [given])))
    magic = 0xCED7230A
    record = struct.pack("<II", magic, 4) + b"\x89PNG" + struct.pack("<II", magic, 1) + b"7\0\0\0"
    assert files["epoch-0"] == files["epoch-1"] == record


def test_manifest_in_shards(training: Training, program: Programs) -> None:
    # TrainData-6, -8: a manifest's objects, each on one of the hosts.
    uri = training.upload("train", *"abcde")
    names = [f"part-{i}" for i in range(5)]
    manifest = training.upload("manifest", json.dumps([{"prefix": uri}, *names])) + "part-0"
    given = channel(manifest, S3DataType="ManifestFile", S3DataDistributionType="ShardedByS3Key")
    answers = hosts(
        training,
        training.run(
            program(LIST),
            [given],
            ResourceConfig={
                "InstanceType": "ml.m5.large",
                "InstanceCount": 2,
                "VolumeSizeInGB": 1,
            },
        ),
    )
    shards = [list(answer["files"]) for answer in answers.values()]
    assert len(shards) == 2
    assert sorted(shards[0] + shards[1]) == names
    assert {len(shard) for shard in shards} == {2, 3}
    assert answers["algo-2"]["config"]["S3DistributionType"] == "ShardedByS3Key"


def test_file_system(training: Training, program: Programs, server: Server) -> None:
    # TrainData-10, Data-9, DescTJ-12: a directory of this machine stands for the file system.
    source = {
        "FileSystemId": FILE_SYSTEM,
        "FileSystemType": "EFS",
        "FileSystemAccessMode": "ro",
        "DirectoryPath": "/images",
    }
    given = {"ChannelName": "train", "DataSource": {"FileSystemDataSource": source}}
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    text = LIST.replace(
        "answer =",
        """try:
    (root / "new").write_text("x")
    raise SystemExit("the file system is writable")
except OSError:
    pass
answer =""",
    )
    answer = hosts(training, training.run(program(text), [given], VpcConfig=vpc))
    assert answer["algo-1"]["files"] == {"a.txt": "from a file system"}
    assert answer["algo-1"]["config"]["S3DistributionType"] == "FullyReplicated"


def test_volume(training: Training, program: Programs) -> None:
    # TrainData-1, Res-1, DescTJ-15: the volume is a limit.
    text = """
import time
with open("/opt/ml/model/big", "wb") as big:
    while True:
        big.write(bytes(16 << 20))
        time.sleep(0.005)
"""
    changes = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    description = training.run(program(text), [], ResourceConfig=changes)
    assert description["TrainingJobStatus"] == "Failed"
    assert "1 GB of the volume" in description["FailureReason"]


def test_vanishing_attribute(training: Training, program: Programs) -> None:
    # TrainData-7: a line without a listed attribute fails the job.
    lines = "\n".join([json.dumps({"a": 1})] * 200 + [json.dumps({"b": 1})])
    uri = training.upload("manifest", lines) + "part-0"
    given = channel(uri, S3DataType="AugmentedManifestFile", AttributeNames=["a"], InputMode="Pipe")
    description = training.run(program(PIPE), [given])
    assert description["TrainingJobStatus"] == "Failed"
    assert description["FailureReason"].startswith("ClientError: ")
    assert '"a"' in description["FailureReason"]
