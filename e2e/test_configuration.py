"""The ways in which a program finds the server without being changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from server import PROGRAM, ROOT, Server, clean_environment

pytestmark = pytest.mark.server

EXAMPLE = ROOT / "examples" / "first_model.py"

# What the SageMaker SDK does: it names the STS host itself, so AWS_ENDPOINT_URL is not asked.
PINNED = """
import boto3
sts = boto3.client("sts", region_name="us-east-1", endpoint_url="https://sts.us-east-1.amazonaws.com")
print(sts.get_caller_identity()["Arn"])
s3 = boto3.client("s3", region_name="us-east-1", endpoint_url="https://s3.us-east-1.amazonaws.com")
s3.create_bucket(Bucket="pinned-hosts")
s3.put_object(Bucket="pinned-hosts", Key="k", Body=b"virtual-host style")
print(s3.get_object(Bucket="pinned-hosts", Key="k")["Body"].read().decode())
"""


def start(command: list[object], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_example_with_the_config_file_alone(home: Path) -> None:
    """~/.aws/config holds the endpoint and the keys; nothing else says where the server is."""
    environment = {**clean_environment(), "HOME": str(home)}
    output = start([sys.executable, EXAMPLE], environment)
    assert "Completed after" in output
    found = re.search(r"accuracy (0\.\d+)$", output, re.MULTILINE)
    assert found
    assert float(found[1]) > 0.9
    served = re.search(r"114 rows by InvokeEndpoint, at most (\S+) from the model's own", output)
    assert served
    assert float(served[1]) < 1e-6


def test_example_with_the_shells_variables(server: Server) -> None:
    output = start([sys.executable, EXAMPLE], server.program_environment())
    assert "validation:auc" in output


def test_exec_reaches_pinned_hosts(server: Server) -> None:
    command = [PROGRAM, "exec", "--data-dir", server.data, "--", sys.executable, "-c", PINNED]
    lines = start(command, clean_environment()).splitlines()
    assert ":assumed-role/" in lines[0]
    assert lines[1] == "virtual-host style"


def test_exec_passes_on_the_exit_status(server: Server) -> None:
    command = [PROGRAM, "exec", "--data-dir", server.data, "--", "sh", "-c", "exit 7"]
    assert subprocess.run(command, env=clean_environment()).returncode == 7


def test_health_and_metrics_need_no_signature(server: Server) -> None:
    assert urllib.request.urlopen(server.url + "/healthz").status == 200
    text = urllib.request.urlopen(server.url + "/metrics").read().decode()
    assert "# TYPE" in text


def test_keys_belong_to_accounts(server: Server) -> None:
    made = json.loads(
        server.run("keys", "create", "--account-id", "210987654321", "--output", "json")
    )
    key, secret = made["accessKeyId"], made["secretAccessKey"]
    sts = server.client("sts", aws_access_key_id=key, aws_secret_access_key=secret)
    assert sts.get_caller_identity()["Account"] == "210987654321"
    s3 = server.client("s3", aws_access_key_id=key, aws_secret_access_key=secret)
    assert s3.list_buckets()["Buckets"] == []
    assert key in server.run("keys", "list")
    server.run("keys", "delete", key)
    with pytest.raises(sts.exceptions.ClientError):
        sts.get_caller_identity()
