"""Training jobs as the tests write them: data in a bucket, a request, and waiting."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import Any

ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
GROUP = "/aws/sagemaker/TrainingJobs"


@dataclass
class Training:
    """One job's name and the clients that it takes."""

    sagemaker: Any
    s3: Any
    logs: Any
    bucket: str
    name: str

    def upload(self, channel: str, *files: str | bytes) -> str:
        """Put files under the channel's prefix; answers its URI."""
        for number, content in enumerate(files):
            body = content.encode() if isinstance(content, str) else content
            key = f"{self.name}/{channel}/part-{number}"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{self.name}/{channel}/"

    def channel(self, name: str, uri: str, content_type: str | None = "text/csv") -> dict[str, Any]:
        """A channel of the request."""
        source = {"S3DataType": "S3Prefix", "S3Uri": uri}
        made = {"ChannelName": name, "DataSource": {"S3DataSource": source}}
        return {**made, "ContentType": content_type} if content_type else made

    def request(
        self,
        image: str,
        channels: list[dict[str, Any]],
        hyperparameters: dict[str, str] | None = None,
        **changes: Any,
    ) -> dict[str, Any]:
        """A whole CreateTrainingJob request."""
        given = (
            {"InputDataConfig": channels} if channels else {}
        )  # an empty list is no channel list
        return {
            **given,
            "TrainingJobName": self.name,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "HyperParameters": hyperparameters or {},
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/output"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 5,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
            **changes,
        }

    def run(self, *arguments: Any, **changes: Any) -> dict[str, Any]:
        """Create the job and wait for its end with boto3's own waiter; answers Describe."""
        self.sagemaker.create_training_job(**self.request(*arguments, **changes))
        return self.wait()

    def wait(self) -> dict[str, Any]:
        """Wait for the end; a failed job is an answer too."""
        from botocore.exceptions import WaiterError

        waiter = self.sagemaker.get_waiter("training_job_completed_or_stopped")
        try:
            waiter.wait(TrainingJobName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 280})
        except WaiterError as error:
            if "terminal failure" not in str(error):
                raise
        answer: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=self.name)
        return answer

    def lines(self) -> list[str]:
        """The log of the job's only instance."""
        streams = self.logs.describe_log_streams(
            logGroupName=GROUP, logStreamNamePrefix=f"{self.name}/"
        )["logStreams"]
        assert len(streams) == 1
        events = self.logs.get_log_events(
            logGroupName=GROUP, logStreamName=streams[0]["logStreamName"], startFromHead=True
        )
        return [event["message"] for event in events["events"]]

    def artifact(self, description: dict[str, Any]) -> dict[str, bytes]:
        """The files of model.tar.gz by name."""
        uri = description["ModelArtifacts"]["S3ModelArtifacts"]
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            return {
                member.name: content.read()
                for member in tar
                if (content := tar.extractfile(member)) is not None
            }
