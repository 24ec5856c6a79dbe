package sts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/iam"
	"github.com/sagebrush/sagebrush/companion/sts"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var caller = aws.Caller{
	Scope: aws.Scope{Account: "111111111111", Region: "us-east-1"},
	ARN:   "arn:aws:sts::111111111111:assumed-role/Worker/s", UserID: "AROAX:s",
}

// issued makes credentials that tell what was asked for.
func issued(_ context.Context, s aws.Scope, role, session string, d time.Duration) (sts.Credentials, error) {
	if session == "broken" {
		return sts.Credentials{}, errors.New("no luck")
	}
	return sts.Credentials{AccessKeyID: "ASIA", SecretAccessKey: s.Account, SessionToken: role + " " + session + " " + d.String(), Expiration: time.Unix(1, 5)}, nil
}

func service(t *testing.T, strict bool) (*sts.Service, context.Context) {
	return sts.New(issued, iam.New(storetest.SQLite(t), iam.Options{StrictRoles: strict})), aws.WithCaller(t.Context(), caller)
}

// covers: sts.GetCallerIdentity
func TestGetCallerIdentity(t *testing.T) {
	t.Parallel()
	s, ctx := service(t, false)
	out, err := s.GetCallerIdentity(ctx, &api.GetCallerIdentityInput{})
	if err != nil || *out.Account != caller.Account || *out.Arn != caller.ARN || *out.UserId != caller.UserID {
		t.Errorf("%+v %v", out, err)
	}
	if _, err := s.GetCallerIdentity(t.Context(), nil); err == nil {
		t.Error("nobody has an identity")
	}
}

// covers: sts.AssumeRole
func TestAssumeRole(t *testing.T) {
	t.Parallel()
	s, ctx := service(t, false)
	role := "arn:aws:iam::111111111111:role/service-role/R"
	out, err := s.AssumeRole(ctx, &api.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.Ptr("me"), DurationSeconds: aws.Ptr(int32(900)), SourceIdentity: aws.Ptr("src")})
	if err != nil {
		t.Fatal(err)
	}
	c, u := out.Credentials, out.AssumedRoleUser
	if *c.SessionToken != role+" me 15m0s" || *c.SecretAccessKey != caller.Account || !c.Expiration.Equal(time.Unix(1, 0)) ||
		*u.Arn != "arn:aws:sts::111111111111:assumed-role/R/me" || !strings.HasPrefix(*u.AssumedRoleId, "AROA") || !strings.HasSuffix(*u.AssumedRoleId, ":me") || *out.SourceIdentity != "src" {
		t.Errorf("%+v %+v", c, u)
	}
	if out, err = s.AssumeRole(ctx, &api.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.Ptr("me")}); err != nil || *out.Credentials.SessionToken != role+" me 1h0m0s" {
		t.Errorf("default duration: %+v %v", out, err)
	}
	if _, err = s.AssumeRole(ctx, &api.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.Ptr("broken")}); aws.CodeOf(err) != aws.InternalFailure {
		t.Errorf("a failure of the issuer: %v", err)
	}
}

func TestAssumeRoleRefusals(t *testing.T) {
	t.Parallel()
	s, ctx := service(t, true)
	for _, c := range []struct {
		arn, message string
		code         aws.Code
		status       int
	}{
		{"arn:aws:iam::222222222222:role/R", "User: " + caller.ARN + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/R", "AccessDenied", 403},
		{"arn:aws:iam::111111111111:role/Unknown", "is not authorized to perform: sts:AssumeRole", "AccessDenied", 403},
		{"arn:aws:iam::111111111111:user/U", "is invalid", "ValidationError", 400},
		{"no arn at all, really", "is invalid", "ValidationError", 400},
	} {
		_, err := s.AssumeRole(ctx, &api.AssumeRoleInput{RoleArn: &c.arn, RoleSessionName: aws.Ptr("me")})
		var e *aws.Error
		if !errors.As(err, &e) || e.Code != c.code || e.HTTPStatus() != c.status || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: %v", c.arn, err)
		}
	}
	s, ctx = service(t, false)
	arn := "arn:aws:iam::111111111111:role/R"
	if _, err := s.AssumeRole(ctx, &api.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.Ptr("me"), DurationSeconds: aws.Ptr(int32(50000))}); aws.CodeOf(err) != "ValidationError" {
		t.Errorf("too long: %v", err)
	}
}
