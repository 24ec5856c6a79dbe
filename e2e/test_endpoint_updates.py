"""Updates of endpoints with boto3: traffic that moves by policy, and alarms that lead back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting
from programs import Programs

pytestmark = pytest.mark.server


@pytest.fixture
def image(program: Programs) -> str:
    """An image whose program serves."""
    return program(SERVE, "serve")


class Load:
    """Requests that go on, and who answered them."""

    def __init__(self, hosting: Hosting, endpoint: str) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[ClientError] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(hosting, endpoint)) for _ in range(4)
        ]
        for thread in self._threads:
            thread.start()

    def _ask(self, hosting: Hosting, endpoint: str) -> None:
        while not self._stop.is_set():
            try:
                self.answers[hosting.ask(endpoint)[0].partition("|")[0]] += 1
            except ClientError as error:
                self.failures.append(error)

    def stop(self) -> None:
        """Stop asking."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def load(hosting: Hosting, endpoint: str) -> Iterator[Load]:
    """Ask an endpoint all the time."""
    running = Load(hosting, endpoint)
    try:
        yield running
    finally:
        running.stop()


def serving(hosting: Hosting, image: str, count: int) -> str:
    """An endpoint in service whose answers begin with "old"."""
    model = hosting.model(image, "old")
    endpoint = hosting.endpoint(
        hosting.config({"VariantName": "a", "ModelName": model, "InitialInstanceCount": count})
    )
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    return endpoint


def update(
    hosting: Hosting, image: str, endpoint: str, count: int, model: str = "", **policy: Any
) -> str:
    """Update to a model, one whose answers begin with "new"; the name of the configuration."""
    config = hosting.config(
        {
            "VariantName": "a",
            "ModelName": model or hosting.model(image, "new"),
            "InitialInstanceCount": count,
        }
    )
    hosting.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=policy
    )
    return config


def blue_green(kind: str, wait: int, **size: int) -> dict[str, Any]:
    """A policy that moves traffic; sizes are in percent."""
    sizes = {name: {"Type": "CAPACITY_PERCENT", "Value": value} for name, value in size.items()}
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    return {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0}


def stage(hosting: Hosting, endpoint: str) -> str:
    """How far the new variant is, "" when there is none."""
    seen = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    pending = seen.get("PendingDeploymentSummary")
    if not pending:
        return ""
    status: str = pending["ProductionVariants"][0]["VariantStatus"][0]["Status"]
    return status


def until_stage(hosting: Hosting, endpoint: str, wanted: str) -> None:
    """Wait until the new variant is so far."""
    for _ in range(600):
        if stage(hosting, endpoint) == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"{stage(hosting, endpoint)}, not {wanted}")


def test_policies(hosting: Hosting, image: str) -> None:
    """Linear and rolling updates lose no request and end at the new model (Deploy-1, -2)."""
    for count, policy in [
        (1, {"BlueGreenUpdatePolicy": blue_green("LINEAR", 1, LinearStepSize=50)}),
        (2, {"BlueGreenUpdatePolicy": blue_green("CANARY", 1, CanarySize=20)}),
        (
            2,
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    "WaitIntervalInSeconds": 1,
                }
            },
        ),
    ]:
        endpoint = serving(hosting, image, count)
        with load(hosting, endpoint) as running:
            config = update(hosting, image, endpoint, count, **policy)
            until_stage(hosting, endpoint, "Baking")
            with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
                hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
            seen = hosting.settle(endpoint)
        assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("InService", config)
        assert not running.failures
        assert set(running.answers) == {"old", "new"}
        assert seen["LastDeploymentConfig"].keys() == policy.keys()
        assert hosting.ask(endpoint)[0].startswith("new|")
        hosting.delete(endpoint)


def test_alarm_leads_back(
    hosting: Hosting, image: str, client: Callable[..., Any], unique: Callable[[str], str]
) -> None:
    """A canary whose model fails is taken back by the alarm over its errors (Deploy-3, Host-9)."""
    cloudwatch = client("cloudwatch")
    alarm = unique("alarm")
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}}
    canary = {"BlueGreenUpdatePolicy": blue_green("CANARY", 600, CanarySize=50)}
    endpoint = serving(hosting, image, 1)
    before = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    with pytest.raises(ClientError, match=f"alarms that do not exist: {alarm}"):
        update(hosting, image, endpoint, 1, **canary, **rollback)
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": "a"},
        ],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    failing = hosting.model(image, "new", FAILS="yes")
    with load(hosting, endpoint) as running:
        update(hosting, image, endpoint, 1, failing, **canary, **rollback)
        seen = hosting.settle(endpoint)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == (
        "InService",
        before["EndpointConfigName"],
    )
    assert f"The alarm {alarm} went off" in seen["FailureReason"]
    codes = {error.response["Error"]["Code"] for error in running.failures}
    assert codes == {"ModelError"}  # of the canary; nothing else was lost
    assert hosting.ask(endpoint)[0].startswith("old|")
    (described,) = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert described["StateValue"] == "ALARM"
    assert "was greater than the threshold (3.0)" in described["StateReason"]
    cloudwatch.delete_alarms(AlarmNames=[alarm])
    hosting.delete(endpoint)
