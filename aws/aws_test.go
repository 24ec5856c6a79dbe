package aws_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
)

func TestARN(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region, want string
	}{
		{"us-east-1", "arn:aws:sagemaker:us-east-1:123456789012:training-job/my-job"},
		{"cn-north-1", "arn:aws-cn:sagemaker:cn-north-1:123456789012:training-job/my-job"},
		{"us-gov-west-1", "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:training-job/my-job"},
	} {
		got := aws.SageMakerARN(aws.Scope{Account: "123456789012", Region: c.region}, "training-job", "My-Job")
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		if a, ok := aws.ParseARN(got); !ok || a.String() != got || a.Resource != "training-job/my-job" {
			t.Errorf("parsed %+v, %v", a, ok)
		}
	}
	for _, bad := range []string{"", "arn:aws:iam", "urn:aws:iam::1:role/x", "arn::iam::1:role/x", "arn:aws:iam::1:"} {
		if _, ok := aws.ParseARN(bad); ok {
			t.Errorf("%q is taken for an ARN", bad)
		}
	}
}

// Err-1, X-1: codes and the statuses that clients tell retries by.
func TestError(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("around: %w", aws.Errorf(aws.ResourceInUse, "job %q: %w", "x", io.EOF))
	if aws.CodeOf(err) != aws.ResourceInUse || !errors.Is(err, io.EOF) {
		t.Errorf("%v: %s", err, aws.CodeOf(err))
	}
	if aws.CodeOf(io.EOF) != aws.InternalFailure {
		t.Error("an error that is nobody's must be internal")
	}
	for code, want := range map[aws.Code]int{
		aws.ValidationException: http.StatusBadRequest, aws.ResourceNotFound: http.StatusBadRequest, aws.IncompleteSignature: http.StatusBadRequest,
		aws.InternalFailure: http.StatusInternalServerError, aws.ServiceUnavailable: http.StatusServiceUnavailable,
		aws.InvalidSignatureException: http.StatusForbidden, aws.RequestEntityTooLarge: http.StatusRequestEntityTooLarge,
		aws.NoSuchEntity: http.StatusNotFound, aws.UnsupportedOperation: http.StatusNotImplemented,
	} {
		if got := aws.Errorf(code, "x").HTTPStatus(); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
	if got := (&aws.Error{Code: aws.ValidationException, Status: 404}).HTTPStatus(); got != 404 {
		t.Errorf("the status of its own was ignored: %d", got)
	}
}
