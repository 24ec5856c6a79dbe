package sts_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	sdkiam "github.com/aws/aws-sdk-go/service/iam"
	sdksts "github.com/aws/aws-sdk-go/service/sts"

	iamapi "github.com/sagebrush/sagebrush/api/iam"
	api "github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/companion/iam"
	"github.com/sagebrush/sagebrush/companion/sts"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/wire"
)

// TestForeignClients does what the SageMaker SDK does to find its execution
// role, with somebody else's clients of sts and iam.
func TestForeignClients(t *testing.T) {
	t.Parallel()
	w := wire.NewServer(wire.Options{
		Lookup: func(context.Context, string, string) (sigv4.Secret, error) {
			return sigv4.Secret{SecretAccessKey: "secret", Caller: caller}, nil
		},
		CheckErrors: func(op string, code aws.Code) {
			if code != "AccessDenied" { // common to all query services, and in no model
				t.Errorf("%s answers %s, which its model does not know", op, code)
			}
		},
	})
	roles := iam.New(storetest.SQLite(t), iam.Options{})
	if err := errors.Join(w.Mount(api.Service, sts.New(issued, roles)), w.Mount(iamapi.Service, roles)); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	ses := session.Must(session.NewSession(&sdk.Config{
		Endpoint: &srv.URL, Region: sdk.String("us-east-1"), Credentials: credentials.NewStaticCredentials("AKIAIOSFODNN7EXAMPLE", "secret", ""), MaxRetries: sdk.Int(0),
	}))
	who, err := sdksts.New(ses).GetCallerIdentity(&sdksts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	c, name := sdkiam.New(ses), strings.Split(*who.Arn, "/")[1]
	got, err := c.GetRole(&sdkiam.GetRoleInput{RoleName: &name})
	if err != nil || *got.Role.Arn != "arn:aws:iam::111111111111:role/Worker" {
		t.Fatalf("%v %v", got, err)
	}
	doc, err := url.QueryUnescape(*got.Role.AssumeRolePolicyDocument)
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateRole(&sdkiam.CreateRoleInput{RoleName: sdk.String("made"), AssumeRolePolicyDocument: &doc, Tags: []*sdkiam.Tag{{Key: sdk.String("k"), Value: sdk.String("v")}}})
	if err != nil || *made.Role.Tags[0].Value != "v" || made.Role.CreateDate.IsZero() {
		t.Fatalf("%v %v", made, err)
	}
	if _, err := c.AttachRolePolicy(&sdkiam.AttachRolePolicyInput{RoleName: sdk.String("made"), PolicyArn: sdk.String("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")}); err != nil {
		t.Fatal(err)
	}
	list, err := c.ListAttachedRolePolicies(&sdkiam.ListAttachedRolePoliciesInput{RoleName: sdk.String("made")})
	if err != nil || len(list.AttachedPolicies) != 1 || *list.AttachedPolicies[0].PolicyName != "AmazonSageMakerFullAccess" || *list.IsTruncated {
		t.Errorf("%v %v", list, err)
	}
	sim, err := c.SimulatePrincipalPolicy(&sdkiam.SimulatePrincipalPolicyInput{PolicySourceArn: made.Role.Arn, ActionNames: sdk.StringSlice([]string{"s3:PutObject"})})
	if err != nil || len(sim.EvaluationResults) != 1 || *sim.EvaluationResults[0].EvalDecision != "allowed" {
		t.Errorf("%v %v", sim, err)
	}
	session, err := sdksts.New(ses).AssumeRole(&sdksts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: sdk.String("me")})
	if err != nil || *session.AssumedRoleUser.Arn != "arn:aws:sts::111111111111:assumed-role/made/me" || session.Credentials.Expiration.IsZero() {
		t.Errorf("%v %v", session, err)
	}
	_, again := c.CreateRole(&sdkiam.CreateRoleInput{RoleName: sdk.String("made"), AssumeRolePolicyDocument: &doc})
	_, broken := c.CreateRole(&sdkiam.CreateRoleInput{RoleName: sdk.String("broken"), AssumeRolePolicyDocument: sdk.String("{")})
	_, foreign := sdksts.New(ses).AssumeRole(&sdksts.AssumeRoleInput{RoleArn: sdk.String("arn:aws:iam::222222222222:role/R"), RoleSessionName: sdk.String("me")})
	_, spaces := sdksts.New(ses).AssumeRole(&sdksts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: sdk.String("no spaces")})
	for _, want := range []struct {
		err    error
		code   string
		status int
	}{{again, "EntityAlreadyExists", 409}, {broken, "MalformedPolicyDocument", 400}, {foreign, "AccessDenied", 403}, {spaces, "ValidationError", 400}} {
		var e awserr.RequestFailure
		if !errors.As(want.err, &e) || e.Code() != want.code || e.StatusCode() != want.status {
			t.Errorf("want %s %d, got %v", want.code, want.status, want.err)
		}
	}
}
