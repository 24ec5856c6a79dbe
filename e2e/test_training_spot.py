"""Spot jobs: interrupted, and going on from their checkpoints."""

from __future__ import annotations

import time

import pytest
from programs import Programs
from server import Server
from training import Training

pytestmark = pytest.mark.server

# Counts to three in steps that it keeps as checkpoints; until it was interrupted
# once, it does not get past two.
COUNT = """
import pathlib, signal, sys, time
kept = pathlib.Path("/opt/ml/checkpoints/step")
begun = int(kept.read_text()) if kept.exists() else 0
print("begins at", begun, flush=True)
def asked_to_end(number, frame):
    pathlib.Path("/opt/ml/checkpoints/farewell").write_text("SIGTERM came")
    sys.exit(1)
signal.signal(signal.SIGTERM, asked_to_end)
for step in range(begun + 1, 4):
    if step == 3 and begun == 0:
        time.sleep(600)
    kept.write_text(str(step))
    print("step", step, flush=True)
pathlib.Path("/opt/ml/model/steps").write_text(f"{begun}")
"""


def test_interruption(server: Server, training: Training, program: Programs) -> None:
    # CreateTrainingJob-24, TrainContainer-10, Ckpt-1
    checkpoints = f"s3://{training.bucket}/{training.name}/checkpoints"
    request = training.request(
        program(COUNT),
        [],
        EnableManagedSpotTraining=True,
        CheckpointConfig={"S3Uri": checkpoints},
        StoppingCondition={"MaxRuntimeInSeconds": 300, "MaxWaitTimeInSeconds": 600},
    )
    training.sagemaker.create_training_job(**request)
    key = f"{training.name}/checkpoints/step"
    deadline = time.monotonic() + 60
    while True:  # the second step is safe in S3 while the program runs
        found = training.s3.list_objects_v2(Bucket=training.bucket, Prefix=key)
        if found["KeyCount"]:
            body = training.s3.get_object(Bucket=training.bucket, Key=key)["Body"].read()
            if body == b"2":
                break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "starts again" in server.run("jobs", "interrupt", training.name)
    description = training.wait()
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    statuses = [t["Status"] for t in description["SecondaryStatusTransitions"]]
    assert statuses == [
        "Starting",
        "Training",
        "Interrupted",
        "Starting",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert training.artifact(description) == {"steps": b"2"}
    assert training.lines() == ["begins at 0", "step 1", "step 2", "begins at 2", "step 3"]
    farewell = f"{training.name}/checkpoints/farewell"
    body = training.s3.get_object(Bucket=training.bucket, Key=farewell)["Body"].read()
    assert body == b"SIGTERM came"
    assert description["BillableTimeInSeconds"] <= description["TrainingTimeInSeconds"]


def test_only_spot_jobs_are_interrupted(
    server: Server, training: Training, program: Programs
) -> None:
    training.run(program("print('done')"), [])
    said = server.run("jobs", "interrupt", training.name, check=False)
    assert "does not use managed spot training" in said
