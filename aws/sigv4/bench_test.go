package sigv4_test

import (
	"testing"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// BenchmarkVerifyBody is the share of a small JSON request.
func BenchmarkVerifyBody(b *testing.B) {
	const body = `{"TrainingJobName":"mnist-2023-12-15-12-00-00-000"}`
	r := signed(b, "POST", "http://127.0.0.1:4600/", body, "sagemaker",
		header("X-Amz-Target", "SageMaker.DescribeTrainingJob"), header("Content-Type", "application/x-amz-json-1.1"))
	v := sigv4.NewVerifier(lookup)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.VerifyBody(r, []byte(body), noon); err != nil {
			b.Fatal(err)
		}
	}
}
