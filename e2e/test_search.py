"""Search and its suggestions, with boto3, over real training jobs (Search-*, Sugg-*)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import guide
import pytest
from botocore.exceptions import ClientError
from server import Server
from training import Training

pytestmark = pytest.mark.server


@pytest.fixture
def found(server: Server, training: Training, tmp_path: Path) -> Callable[..., list[str]]:
    """Runs three jobs that print a score; answers a function that searches among them."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "train").write_text(
        "#!/bin/sh\n"
        'cd "${SAGEMAKER_BASE_DIR:-/opt/ml}/input/config"\n'
        'sed \'s/.*"rate": *"\\([0-9.]*\\)".*/score: \\1/\' hyperparameters.json\n'
    )
    (folder / "train").chmod(0o755)
    image = f"example.com/{training.name}:1"
    server.run("image", "add", image, folder)
    base, jobs = training.name, []
    for number, rate in enumerate(("0.25", "0.5", "0.75")):
        training.name = f"{base}-{number}"
        request = training.request(
            image, [], {"rate": rate, "optimizer": ("adam", "sgd")[number % 2]}
        )
        request["AlgorithmSpecification"]["MetricDefinitions"] = [
            {"Name": "test:score", "Regex": "score: ([0-9.]+)"}
        ]
        request["Tags"] = [{"Key": "suite", "Value": base}, {"Key": "number", "Value": str(number)}]
        training.sagemaker.create_training_job(**request)
        jobs.append(training.name)
    waiter = training.sagemaker.get_waiter("training_job_completed_or_stopped")
    for job in jobs:
        waiter.wait(TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    mine = {"Name": "Tags.suite", "Operator": "Equals", "Value": base}
    paginator = training.sagemaker.get_paginator("search")

    def search(
        *filters: tuple[str, ...], by: str = "TrainingJobName", **expression: Any
    ) -> list[str]:
        members = ("Name", "Operator", "Value")
        given = [dict(zip(members, values, strict=False)) for values in filters]
        pages = paginator.paginate(
            Resource="TrainingJob",
            SearchExpression={"Filters": [mine, *given], **expression},
            SortBy=by,
            SortOrder="Ascending",
            PaginationConfig={"PageSize": 1},
        )
        names = [r["TrainingJob"]["TrainingJobName"] for page in pages for r in page["Results"]]
        return [name.removeprefix(f"{base}-") for name in names]

    return search


def test_search(found: Callable[..., list[str]], training: Training, server: Server) -> None:
    """Search-7 … Search-13, Search-16, Search-20: every operator, in pages of one."""
    base = training.name.rpartition("-")[0]
    assert found() == ["0", "1", "2"]
    assert found(("TrainingJobName", "Equals", f"{base}-1")) == ["1"]
    assert found(("TrainingJobName", "NotEquals", f"{base}-1")) == ["0", "2"]
    assert found(("TrainingJobName", "Contains", f"{base}-2")) == ["2"]
    assert found(("TrainingJobName", "In", f"{base}-2,{base}-0")) == ["0", "2"]
    assert found(("HyperParameters.optimizer", "Equals", "adam")) == ["0", "2"]
    assert found(("HyperParameters.rate", "GreaterThan", "0.25")) == ["1", "2"]
    assert found(("HyperParameters.rate", "GreaterThanOrEqualTo", "0.5")) == ["1", "2"]
    assert found(("metrics.test:score", "LessThan", "0.5")) == ["0"]
    assert found(("Metrics.test:score", "LessThanOrEqualTo", "0.5")) == ["0", "1"]
    assert found(("CheckpointConfig", "NotExists")) == ["0", "1", "2"]
    assert found(("ModelArtifacts", "Exists"), ("Tags.number", "Equals", "1")) == ["1"]
    assert found(("CreationTime", "GreaterThan", "2001-01-01T00:00:00")) == ["0", "1", "2"]
    nested = [
        {
            "NestedPropertyName": "FinalMetricDataList",
            "Filters": [
                {"Name": "FinalMetricDataList.MetricName", "Value": "test:score"},
                {"Name": "FinalMetricDataList.Value", "Operator": "GreaterThan", "Value": "0.7"},
            ],
        }
    ]
    assert found(NestedFilters=nested) == ["2"]
    either = {
        "Operator": "Or",
        "Filters": [
            {"Name": "Tags.number", "Value": "0"},
            {"Name": "HyperParameters.rate", "Operator": "Equals", "Value": "0.75"},
        ],
    }
    assert found(SubExpressions=[either]) == ["0", "2"]
    arn = training.sagemaker.describe_training_job(TrainingJobName=f"{base}-1")["TrainingJobArn"]
    training.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "best", "Value": "yes"}])
    assert found(("Tags.best", "Exists")) == ["1"]
    suggestions = training.sagemaker.get_search_suggestions(
        Resource="TrainingJob",
        SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": "test:sc"}},
    )["PropertyNameSuggestions"]
    assert suggestions == [{"PropertyName": "Metrics.test:score"}]
    others = server.client("sagemaker", region_name="eu-west-1")
    assert others.search(Resource="TrainingJob")["Results"] == []
    with pytest.raises(ClientError, match="usage limit of 1 exceeded"):
        found(("RoleArn", "Contains", "a"), ("TrainingJobName", "Contains", "b"))


@pytest.mark.parametrize("section", guide.sections("search.md"), ids=lambda s: s.title)
def test_guide(section: guide.Section, server: Server, tmp_path: Path) -> None:
    """docs/search.md: its programs find what the page says."""
    section.run(server, tmp_path)
