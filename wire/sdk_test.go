package wire_test

import (
	"errors"
	"net/http"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	v2sagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/smithy-go"

	v1aws "github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	v1credentials "github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	v1cloudwatch "github.com/aws/aws-sdk-go/service/cloudwatch"
	v1iam "github.com/aws/aws-sdk-go/service/iam"
	v1sagemaker "github.com/aws/aws-sdk-go/service/sagemaker"
	v1sts "github.com/aws/aws-sdk-go/service/sts"

	"github.com/sagebrush/sagebrush/aws"
)

func TestSDKv2(t *testing.T) {
	t.Parallel()
	b := setup(t)
	client := v2sagemaker.New(v2sagemaker.Options{Region: "eu-west-1", BaseEndpoint: v2aws.String(b.url), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(creds.AccessKeyID, creds.SecretAccessKey, "")})
	get := func(name string) (*v2sagemaker.DescribeTrainingJobOutput, error) {
		return client.DescribeTrainingJob(t.Context(), &v2sagemaker.DescribeTrainingJobInput{TrainingJobName: &name})
	}
	out, err := get("mnist")
	if err != nil || aws.Val(out.TrainingJobName) != "mnist" || out.CreationTime.Unix() != 1702641600 {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = get("missing")
	var notFound *types.ResourceNotFound
	if !errors.As(err, &notFound) || aws.Val(notFound.Message) != "Requested resource not found: row 17" {
		t.Errorf("%v", err)
	}
	_, err = client.ListModels(t.Context(), &v2sagemaker.ListModelsInput{})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "UnsupportedOperationException" {
		t.Errorf("%v", err)
	}
}

func TestSDKv1(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// A client of its own: where AWS_CA_BUNDLE is set, a session changes the one it has,
	// which would be everybody's.
	sess, err := session.NewSession(&v1aws.Config{Region: v1aws.String("eu-west-1"), Endpoint: &b.url, MaxRetries: v1aws.Int(0), HTTPClient: &http.Client{},
		Credentials: v1credentials.NewStaticCredentials(creds.AccessKeyID, creds.SecretAccessKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	code := func(err error) string {
		var e awserr.RequestFailure
		if errors.As(err, &e) && e.RequestID() != "" && e.Message() != "" {
			return e.Code()
		}
		return ""
	}
	if id, err := v1sts.New(sess).GetCallerIdentity(nil); err != nil || *id.Account != account {
		t.Errorf("%v, %v", id, err)
	}
	if _, err := v1iam.New(sess).GetRole(&v1iam.GetRoleInput{RoleName: v1aws.String("a")}); code(err) != v1iam.ErrCodeNoSuchEntityException {
		t.Errorf("%v", err)
	}
	if _, err := v1cloudwatch.New(sess).PutMetricData(&v1cloudwatch.PutMetricDataInput{Namespace: v1aws.String("n"),
		MetricData: []*v1cloudwatch.MetricDatum{{MetricName: v1aws.String("a"), Value: v1aws.Float64(1)}}}); err != nil {
		t.Error(err)
	}
	_, err = v1sagemaker.New(sess).DescribeTrainingJob(&v1sagemaker.DescribeTrainingJobInput{TrainingJobName: v1aws.String("missing")})
	if code(err) != v1sagemaker.ErrCodeResourceNotFound {
		t.Errorf("%v", err)
	}
}
