"""Train a first model on SageMaker, see how good it is, and let it answer requests.

Everything here is plain boto3: the endpoint, the keys and the region come from
the environment or from ~/.aws/config, as in any program.

    sagebrush exec -- python examples/first_model.py
"""

from __future__ import annotations

import io
import tarfile
import tempfile
import time
from pathlib import Path

import boto3
import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
HYPERPARAMETERS = {
    "objective": "binary:logistic",
    "eval_metric": "auc,logloss",
    "num_round": "60",
    "max_depth": "4",
    "eta": "0.2",
    "early_stopping_rounds": "10",
}


def as_csv(features: NDArray[np.float64], label: NDArray[np.float64]) -> bytes:
    """SageMaker's CSV: the label first, no header."""
    text = io.StringIO()
    np.savetxt(text, np.column_stack([label, features]), delimiter=",", fmt="%.7g")
    return text.getvalue().encode()


def main() -> None:
    session = boto3.Session()
    s3, sagemaker, logs = (session.client(name) for name in ("s3", "sagemaker", "logs"))
    account = session.client("sts").get_caller_identity()["Account"]
    bucket = f"first-model-{account}-{s3.meta.region_name}"
    job = f"first-model-{time.strftime('%Y-%m-%d-%H-%M-%S')}"

    print("1. The data: breast cancer, 569 tumours with 30 measurements each")
    features, label = load_breast_cancer(return_X_y=True)
    rest, test, rest_label, test_label = train_test_split(
        features, label, test_size=0.2, random_state=1, stratify=label
    )
    train, validation, train_label, validation_label = train_test_split(
        rest, rest_label, test_size=0.2, random_state=1, stratify=rest_label
    )

    print(f"2. Upload to s3://{bucket}/{job}/")
    location = {"LocationConstraint": s3.meta.region_name}
    if s3.meta.region_name == "us-east-1":
        s3.create_bucket(Bucket=bucket)
    else:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    channels = {
        "train": as_csv(train, train_label),
        "validation": as_csv(validation, validation_label),
    }
    for name, body in channels.items():
        s3.put_object(Bucket=bucket, Key=f"{job}/{name}/data.csv", Body=body)

    print(f"3. CreateTrainingJob {job}")
    sagemaker.create_training_job(
        TrainingJobName=job,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=f"arn:aws:iam::{account}:role/SageMakerExecutionRole",
        HyperParameters=HYPERPARAMETERS,
        InputDataConfig=[
            {
                "ChannelName": name,
                "ContentType": "text/csv",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://{bucket}/{job}/{name}/",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for name in channels
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"},
        ResourceConfig={
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    started = time.monotonic()
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    # The waiter asks every two minutes unless it is told otherwise.
    waiter.wait(TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 600})
    description = sagemaker.describe_training_job(TrainingJobName=job)
    print(f"   {description['TrainingJobStatus']} after {time.monotonic() - started:.1f} s")

    print("4. The log, from CloudWatch Logs")
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")
    for stream in streams["logStreams"]:
        name = stream["logStreamName"]
        events = logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)
        lines = [event["message"].replace("#011", "  ") for event in events["events"]]
        shown = lines if len(lines) < 12 else [*lines[:6], "…", *lines[-5:]]
        print("\n".join(f"   | {line}" for line in shown))

    print("5. The final metrics")
    for metric in sorted(description["FinalMetricDataList"], key=lambda m: m["MetricName"]):
        print(f"   {metric['MetricName']:<20} {metric['Value']:.5f}")

    artifact = description["ModelArtifacts"]["S3ModelArtifacts"]
    print(f"6. The model: {artifact}")
    key = artifact.removeprefix(f"s3://{bucket}/")
    archive = io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    with tarfile.open(fileobj=archive) as tar, tempfile.TemporaryDirectory() as directory:
        tar.extract("xgboost-model", directory, filter="data")
        # Told as bytes, because the file's name has no suffix to tell its format by.
        booster = xgboost.Booster()
        booster.load_model(bytearray((Path(directory) / "xgboost-model").read_bytes()))

    score = booster.predict(xgboost.DMatrix(test))
    right = int(((score > 0.5) == test_label).sum())
    print(f"7. Held-out rows: {right} of {len(test)} right, accuracy {right / len(test):.3f}")

    print(f"8. CreateEndpoint {job}")
    sagemaker.create_model(
        ModelName=job,
        ExecutionRoleArn=f"arn:aws:iam::{account}:role/SageMakerExecutionRole",
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": artifact},
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": job,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=job, ProductionVariants=[variant])
    started = time.monotonic()
    sagemaker.create_endpoint(EndpointName=job, EndpointConfigName=job)
    deployed = sagemaker.get_waiter("endpoint_in_service")
    deployed.wait(EndpointName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 600})
    print(f"   InService after {time.monotonic() - started:.1f} s")
    rows = "\n".join(",".join(f"{value:.9g}" for value in row) for row in test)
    answer = session.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=job, ContentType="text/csv", Body=rows
    )
    served = np.array(
        answer["Body"].read().decode().replace("\n", ",").strip(",").split(","), float
    )
    furthest = float(np.abs(served - score).max())
    print(f"   {len(served)} rows by InvokeEndpoint, at most {furthest:.0e} from the model's own")
    sagemaker.delete_endpoint(EndpointName=job)


if __name__ == "__main__":
    main()
