package codec_test

import (
	"encoding/json"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
)

// The benchmarks come in pairs: the codec and, on the same body and the same Go
// types, encoding/json, so that a run on any machine can be read as a ratio.

func BenchmarkDecodeCreateTrainingJob(b *testing.B) {
	op := operation(b, "CreateTrainingJob")
	body := []byte(createBody)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := codec.DecodeJSON(op.Input, body, op.NewInput()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeCreateTrainingJobStandard(b *testing.B) {
	body := []byte(createBody)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := json.Unmarshal(body, new(sagemaker.CreateTrainingJobInput)); err != nil {
			b.Fatal(err)
		}
	}
}

// describeOutput is a finished job as DescribeTrainingJob answers it, about 3 KB.
func describeOutput(b *testing.B) (*schema.Operation, *sagemaker.DescribeTrainingJobOutput) {
	b.Helper()
	op := operation(b, "DescribeTrainingJob")
	out := new(sagemaker.DescribeTrainingJobOutput)
	const rest = `,"TrainingJobArn":"arn:aws:sagemaker:us-east-1:123456789012:training-job/xgboost-2023-12-15-08-30-00-123",` +
		`"TrainingJobStatus":"Completed","SecondaryStatus":"Completed","CreationTime":1702629000.123,"TrainingStartTime":1702629001.5,` +
		`"TrainingEndTime":1702629060.25,"LastModifiedTime":1702629061,"ModelArtifacts":{"S3ModelArtifacts":"s3://b/breast-cancer/output/model.tar.gz"},` +
		`"TrainingTimeInSeconds":59,"BillableTimeInSeconds":59,"FinalMetricDataList":[{"MetricName":"train:auc","Value":0.9987,"Timestamp":1702629059},` +
		`{"MetricName":"validation:auc","Value":0.9871,"Timestamp":1702629059}],"SecondaryStatusTransitions":[` +
		`{"Status":"Starting","StartTime":1702629000.1,"EndTime":1702629001.2,"StatusMessage":"Preparing the instances for training"},` +
		`{"Status":"Completed","StartTime":1702629060.1,"EndTime":1702629061.2,"StatusMessage":"Training job completed"}]}`
	if err := codec.DecodeJSON(op.Output, []byte(createBody[:len(createBody)-1]+rest), out); err != nil {
		b.Fatal(err)
	}
	return op, out
}

func BenchmarkEncodeDescribeTrainingJob(b *testing.B) {
	op, out := describeOutput(b)
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = codec.AppendJSON(dst[:0], op.Output, out); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkEncodeDescribeTrainingJobStandard(b *testing.B) {
	_, out := describeOutput(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(out); err != nil {
			b.Fatal(err)
		}
	}
}
