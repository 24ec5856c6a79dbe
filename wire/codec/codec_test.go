package codec_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/schema"
)

// operation finds an operation of SageMaker.
func operation(t testing.TB, name string) *schema.Operation {
	t.Helper()
	for _, op := range sagemaker.Service.Operations {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// createBody is a CreateTrainingJob request of about 2 KB, as boto3 sends it.
const createBody = `{"TrainingJobName": "xgboost-2023-12-15-08-30-00-123", "HyperParameters": {"max_depth": "5", "eta": "0.2", "gamma": "4", "min_child_weight": "6", "subsample": "0.8", "objective": "binary:logistic", "num_round": "100", "eval_metric": "auc", "verbosity": "1"}, "AlgorithmSpecification": {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "train:auc", "Regex": ".*\\[[0-9]+\\].*#011train-auc:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"}, {"Name": "validation:auc", "Regex": ".*\\[[0-9]+\\].*#011validation-auc:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"}], "EnableSageMakerMetricsTimeSeries": true}, "RoleArn": "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20231215T083000", "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://sagemaker-us-east-1-123456789012/breast-cancer/train", "S3DataDistributionType": "FullyReplicated"}}, "ContentType": "text/csv", "CompressionType": "None"}, {"ChannelName": "validation", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://sagemaker-us-east-1-123456789012/breast-cancer/validation", "S3DataDistributionType": "FullyReplicated"}}, "ContentType": "text/csv", "CompressionType": "None"}], "OutputDataConfig": {"S3OutputPath": "s3://sagemaker-us-east-1-123456789012/breast-cancer/output", "CompressionType": "GZIP"}, "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}, "StoppingCondition": {"MaxRuntimeInSeconds": 86400}, "Tags": [{"Key": "project", "Value": "first-model"}, {"Key": "team", "Value": "research"}], "EnableNetworkIsolation": false, "EnableInterContainerTrafficEncryption": false, "EnableManagedSpotTraining": false, "Environment": {"LOG_LEVEL": "INFO"}}`

func readAll(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
