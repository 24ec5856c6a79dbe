"""Autoscaling with boto3: real requests, real instances, in seconds."""

from __future__ import annotations

import datetime
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting
from programs import Programs
from server import Server

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture(scope="module")
def brisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on which a minute of autoscaling takes a second."""
    running = Server(
        tmp_path_factory.mktemp("brisk") / "data",
        *["--runner", "process", "--autoscaling-period", "1s"],
    )
    yield running
    assert running.close() == 0


@pytest.fixture(scope="module")
def unique() -> Callable[[str], str]:
    """Names of this server."""
    numbers = itertools.count(1)
    return lambda prefix: f"{prefix}-{next(numbers)}"


@pytest.fixture
def hosting(brisk: Server, unique: Callable[[str], str], tmp_path: Path) -> Hosting:
    """Models and endpoints there."""
    s3, bucket = brisk.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    program = Programs(brisk, tmp_path, unique)
    return Hosting(
        brisk.client("sagemaker"), brisk.client("sagemaker-runtime"), s3, bucket, unique, program
    )


@pytest.fixture
def endpoint(hosting: Hosting) -> Iterator[str]:
    """An endpoint in service, with the variant v on one instance."""
    model = hosting.model(hosting.program(SERVE, "serve"), "cat")
    made = hosting.endpoint(hosting.config({"VariantName": "v", "ModelName": model}))
    assert hosting.settle(made)["EndpointStatus"] == "InService"
    yield made
    with_it = hosting.sagemaker.list_endpoints(NameContains=made)["Endpoints"]
    if with_it:
        hosting.settle(made)
        hosting.delete(made)


def named(endpoint: str) -> dict[str, str]:
    """The variant as a scalable target."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/v",
        "ScalableDimension": DIMENSION,
    }


def until(what: str, ok: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not ok():
        if time.monotonic() > end:
            pytest.fail(f"it does not come to pass that {what}")
        time.sleep(0.1)


def desired(hosting: Hosting, endpoint: str) -> int:
    """How many instances the variant is to have."""
    (v,) = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    return int(v["DesiredInstanceCount"])


def test_out_and_in(brisk: Server, hosting: Hosting, endpoint: str) -> None:
    """Load goes up: instances out. It goes away: in again. The activities say so."""
    scaling = brisk.client("application-autoscaling")
    target = named(endpoint)
    arn = scaling.register_scalable_target(
        **target, MinCapacity=1, MaxCapacity=3, Tags={"team": "blue"}
    )["ScalableTargetARN"]
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "blue"}
    policy = scaling.put_scaling_policy(
        **target,
        PolicyName="keep-up",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 120.0,  # 2 a second and instance
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 60,
        },
    )
    alarms = {a["AlarmName"]: a["AlarmARN"] for a in policy["Alarms"]}
    watch = brisk.client("cloudwatch")
    described = watch.describe_alarms(AlarmNames=list(alarms))["MetricAlarms"]
    assert {a["AlarmName"]: a["AlarmArn"] for a in described} == alarms
    assert {a["Threshold"] for a in described} == {120.0, 108.0}
    assert all(a["AlarmActions"] == [policy["PolicyARN"]] for a in described)
    calm = threading.Event()
    failures: list[Exception] = []

    def load() -> None:
        while not calm.wait(0.03):
            try:
                hosting.ask(endpoint)
            except Exception as failed:
                failures.append(failed)

    begun = time.monotonic()
    asking = threading.Thread(target=load)
    asking.start()
    try:
        until("there are 3 instances", lambda: desired(hosting, endpoint) == 3)
    finally:
        calm.set()
        asking.join()
    out = time.monotonic() - begun
    assert not failures
    until("there is 1 instance", lambda: desired(hosting, endpoint) == 1)
    print(f"out in {out:.1f} s, in {time.monotonic() - begun - out:.1f} s later")
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    until(
        "both are done",
        lambda: {a["StatusCode"] for a in activities(scaling, target)} == {"Successful"},
    )
    done = activities(scaling, target)
    assert done[0]["Description"] == "Setting desired instance count to 1."
    assert done[-1]["Description"].startswith("Setting desired instance count to ")
    assert all("keep-up" in a["Cause"] and a["EndTime"] >= a["StartTime"] for a in done)
    metrics = watch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": "v"},
        ],
        StartTime=done[-1]["StartTime"] - datetime.timedelta(minutes=5),
        EndTime=done[0]["EndTime"] + datetime.timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(p["Sum"] for p in metrics["Datapoints"]) > 10
    hosting.delete(endpoint)
    until(
        "its target is gone",
        lambda: (
            not scaling.describe_scalable_targets(
                ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
            )["ScalableTargets"]
        ),
    )
    assert not watch.describe_alarms(AlarmNames=list(alarms))["MetricAlarms"]


def test_steps(brisk: Server, hosting: Hosting, endpoint: str) -> None:
    """An alarm in ALARM has a step policy act, by how far its metric is beyond."""
    scaling, watch = brisk.client("application-autoscaling"), brisk.client("cloudwatch")
    target = named(endpoint)
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
    policy = scaling.put_scaling_policy(
        **target,
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [
                {
                    "MetricIntervalLowerBound": 0.0,
                    "MetricIntervalUpperBound": 10.0,
                    "ScalingAdjustment": 1,
                },
                {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 2},
            ],
            "Cooldown": 3000,
        },
    )
    name = f"queue-of-{endpoint}"
    watch.put_metric_alarm(
        AlarmName=name,
        Namespace="ours",
        MetricName=name,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[policy["PolicyARN"]],
    )
    assert desired(hosting, endpoint) == 1
    watch.put_metric_data(Namespace="ours", MetricData=[{"MetricName": name, "Value": 20.0}])
    until("there are 3 instances", lambda: desired(hosting, endpoint) == 3)
    until("it is done", lambda: activities(scaling, target)[0]["StatusCode"] == "Successful")
    (done,) = activities(scaling, target)
    assert done["Cause"] == f"monitor alarm {name} in state ALARM triggered policy steps"
    scaling.delete_scaling_policy(**target, PolicyName="steps")


def activities(scaling: Any, target: dict[str, str]) -> list[dict[str, Any]]:
    """What scaling did, the latest first."""
    listed: list[dict[str, Any]] = scaling.describe_scaling_activities(**target)[
        "ScalingActivities"
    ]
    return listed


def test_scheduled(brisk: Server, hosting: Hosting, endpoint: str) -> None:
    """A scheduled action sets limits, and the instances follow."""
    scaling = brisk.client("application-autoscaling")
    target = named(endpoint)
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=1)
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    scaling.put_scheduled_action(
        **target,
        ScheduledActionName="open",
        Schedule=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 2},
    )
    scaling.put_scheduled_action(
        **target,
        ScheduledActionName="every-morning",
        Schedule="cron(0 8 ? * MON-FRI *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 2},
    )
    actions = scaling.describe_scheduled_actions(**target)["ScheduledActions"]
    assert [a["ScheduledActionName"] for a in actions] == ["open", "every-morning"]
    until("there are 2 instances", lambda: desired(hosting, endpoint) == 2)
    until("it is done", lambda: activities(scaling, target)[0]["StatusCode"] == "Successful")
    done = activities(scaling, target)
    assert [a["Cause"] for a in done] == [
        "minimum capacity was set to 2",
        "scheduled action name open was triggered",
    ]
    scaling.delete_scheduled_action(**target, ScheduledActionName="every-morning")
    scaling.deregister_scalable_target(**target)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scalable target"):
        scaling.deregister_scalable_target(**target)


def test_refusals(brisk: Server, endpoint: str) -> None:
    """What cannot be scaled is refused by the right code."""
    scaling = brisk.client("application-autoscaling")
    with pytest.raises(scaling.exceptions.ValidationException, match="No scalable resource"):
        scaling.register_scalable_target(**named("not-there"), MinCapacity=1, MaxCapacity=2)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="registered"):
        scaling.put_scheduled_action(
            **named(endpoint), ScheduledActionName="a", Schedule="rate(1 hour)"
        )
    with pytest.raises(ClientError, match="less than minimum"):
        scaling.register_scalable_target(**named(endpoint), MinCapacity=2, MaxCapacity=1)
