"""The built-in algorithm, as a notebook would use it."""

import sys

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput

role = sagemaker.get_execution_role()
session = sagemaker.Session()
print(f"role={role}")
estimator = Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{session.default_bucket()}/models",
    sagemaker_session=session,
)
estimator.set_hyperparameters(num_round=5, objective="binary:logistic", eval_metric="auc")
estimator.fit({"train": TrainingInput(sys.argv[1], content_type="csv")})
print(estimator.training_job_analytics.dataframe())
