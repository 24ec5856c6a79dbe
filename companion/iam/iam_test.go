package iam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/iam"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const account, other = "111111111111", "222222222222"

// as is a request of an account, in a session of its role Worker.
func as(t *testing.T, account string) context.Context {
	return aws.WithCaller(t.Context(), aws.Caller{
		Scope: aws.Scope{Account: account, Region: "us-east-1"},
		ARN:   "arn:aws:sts::" + account + ":assumed-role/Worker/session",
	})
}

func each(t *testing.T, o iam.Options, fn func(t *testing.T, s *iam.Service, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, iam.New(db, o), db) })
}

// refused fails unless err is that refusal.
func refused(t *testing.T, what string, err error, code aws.Code, message string) {
	t.Helper()
	var e *aws.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, message) {
		t.Errorf("%s: %v, want %s with %q", what, err, code, message)
	}
}

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// covers: iam.GetRole
func TestRolesSpringIntoBeing(t *testing.T) {
	each(t, iam.Options{}, func(t *testing.T, s *iam.Service, db *store.DB) {
		ctx := as(t, account)
		out, err := s.GetRole(ctx, &api.GetRoleInput{RoleName: aws.Ptr("Fresh.Role")})
		if err != nil {
			t.Fatal(err)
		}
		r := out.Role
		if *r.Arn != "arn:aws:iam::111111111111:role/Fresh.Role" || *r.Path != "/" || !regexp.MustCompile(`^AROA[A-Z2-7]{17}$`).MatchString(*r.RoleId) || time.Since(*r.CreateDate) > time.Hour {
			t.Errorf("%+v", r)
		}
		if doc, err := url.PathUnescape(*r.AssumeRolePolicyDocument); err != nil || !json.Valid([]byte(doc)) || strings.ContainsAny(*r.AssumeRolePolicyDocument, "+{ ") {
			t.Errorf("document %q: %v", *r.AssumeRolePolicyDocument, err)
		}
		again, err := s.GetRole(ctx, &api.GetRoleInput{RoleName: aws.Ptr("fresh.role")})
		if err != nil || *again.Role.RoleId != *r.RoleId {
			t.Errorf("another role at second sight: %v %v", again, err)
		}
		foreign, err := s.GetRole(as(t, other), &api.GetRoleInput{RoleName: aws.Ptr("Fresh.Role")})
		if err != nil || *foreign.Role.RoleId == *r.RoleId || *foreign.Role.Arn != "arn:aws:iam::222222222222:role/Fresh.Role" {
			t.Errorf("roles are shared between accounts: %v %v", foreign, err)
		}
		if _, err := s.ListAttachedRolePolicies(ctx, &api.ListAttachedRolePoliciesInput{RoleName: aws.Ptr("third")}); err != nil {
			t.Error(err)
		}
	})
}

func TestStrictRoles(t *testing.T) {
	each(t, iam.Options{StrictRoles: true}, func(t *testing.T, s *iam.Service, db *store.DB) {
		ctx := as(t, account)
		_, err := s.GetRole(ctx, &api.GetRoleInput{RoleName: aws.Ptr("Nobody")})
		refused(t, "GetRole", err, aws.NoSuchEntity, "The role with name Nobody cannot be found.")
		_, err = s.AttachRolePolicy(ctx, &api.AttachRolePolicyInput{RoleName: aws.Ptr("Nobody"), PolicyArn: aws.Ptr("arn:aws:iam::aws:policy/P")})
		refused(t, "AttachRolePolicy", err, aws.NoSuchEntity, "Nobody")
		_, err = s.ListAttachedRolePolicies(ctx, &api.ListAttachedRolePoliciesInput{RoleName: aws.Ptr("Nobody")})
		refused(t, "ListAttachedRolePolicies", err, aws.NoSuchEntity, "Nobody")
		_, err = s.SimulatePrincipalPolicy(ctx, &api.SimulatePrincipalPolicyInput{PolicySourceArn: aws.Ptr("arn:aws:iam::111111111111:role/Nobody"), ActionNames: []string{"s3:GetObject"}})
		refused(t, "SimulatePrincipalPolicy", err, aws.NoSuchEntity, "Nobody")
		if _, err := s.GetRole(ctx, &api.GetRoleInput{RoleName: aws.Ptr("Worker")}); err != nil {
			t.Errorf("the caller's own role: %v", err)
		}
	})
}

// covers: iam.CreateRole
func TestCreateRole(t *testing.T) {
	each(t, iam.Options{StrictRoles: true}, func(t *testing.T, s *iam.Service, db *store.DB) {
		ctx := as(t, account)
		in := &api.CreateRoleInput{
			RoleName: aws.Ptr("Made"), Path: aws.Ptr("/service-role/"), AssumeRolePolicyDocument: aws.Ptr(trust), Description: aws.Ptr("déjà vu"),
			MaxSessionDuration: aws.Ptr(int32(7200)), PermissionsBoundary: aws.Ptr("arn:aws:iam::aws:policy/PowerUserAccess"),
			Tags: []*api.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("")}},
		}
		made, err := s.CreateRole(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.GetRole(ctx, &api.GetRoleInput{RoleName: aws.Ptr("Made")})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := show(t, made.Role), show(t, got.Role); a != b || *got.Role.Arn != "arn:aws:iam::111111111111:role/service-role/Made" || *got.Role.MaxSessionDuration != 7200 || len(got.Role.Tags) != 1 {
			t.Errorf("made %s\ngot  %s", a, b)
		}
		in.RoleName = aws.Ptr("MADE")
		_, err = s.CreateRole(ctx, in)
		refused(t, "again", err, aws.EntityAlreadyExists, "Role with name MADE already exists.")
		var e *aws.Error
		if errors.As(err, &e); e.HTTPStatus() != 409 {
			t.Errorf("status %d", e.HTTPStatus())
		}
		in.RoleName, in.Tags = aws.Ptr("More"), []*api.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("")}, {Key: aws.Ptr("K"), Value: aws.Ptr("")}}
		_, err = s.CreateRole(ctx, in)
		refused(t, "tags", err, "InvalidInput", "Duplicate tag keys")
	})
}

func show(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTrustPoliciesAreChecked(t *testing.T) {
	t.Parallel()
	s, ctx := iam.New(storetest.SQLite(t), iam.Options{}), as(t, account)
	for doc, message := range map[string]string{
		`{`:                 "invalid Json",
		`[]`:                "invalid Json",
		trust + `{}`:        "invalid Json",
		`{}`:                "Statement is one statement",
		`{"Statement":[]}`:  "Statement is one statement",
		`{"Statement":"x"}`: "Statement is one statement",
		strings.Replace(trust, "2012-10-17", "2024-01-01", 1):            "must be version",
		strings.Replace(trust, `"Allow"`, `"Maybe"`, 1):                  "Effect",
		strings.Replace(trust, `"Action"`, `"Actions"`, 1):               "required field Action",
		strings.Replace(trust, `"Principal"`, `"Principals"`, 1):         "must contain principals",
		strings.Replace(trust, `"Action"`, `"Resource":"*","Action"`, 1): "prohibited field Resource",
	} {
		_, err := s.CreateRole(ctx, &api.CreateRoleInput{RoleName: aws.Ptr("r"), AssumeRolePolicyDocument: &doc})
		refused(t, doc, err, "MalformedPolicyDocument", message)
	}
	single := strings.NewReplacer("[{", "{", "}]", "}").Replace(trust)
	if _, err := s.CreateRole(ctx, &api.CreateRoleInput{RoleName: aws.Ptr("r"), AssumeRolePolicyDocument: &single}); err != nil {
		t.Errorf("one statement without a list: %v", err)
	}
}

// covers: iam.AttachRolePolicy iam.ListAttachedRolePolicies
func TestAttachedPolicies(t *testing.T) {
	each(t, iam.Options{}, func(t *testing.T, s *iam.Service, db *store.DB) {
		ctx := as(t, account)
		attach := func(arn string) error {
			_, err := s.AttachRolePolicy(ctx, &api.AttachRolePolicyInput{RoleName: aws.Ptr("R"), PolicyArn: &arn})
			return err
		}
		for i := range 10 {
			for range 2 { // attaching again changes nothing
				if err := attach(fmt.Sprintf("arn:aws:iam::aws:policy/service-role/P%d", i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		refused(t, "eleventh", attach("arn:aws:iam::aws:policy/More"), "LimitExceeded", "PoliciesPerRole: 10")
		refused(t, "form", attach("arn:aws:s3:::bucket/policy/x"), "InvalidInput", "is not valid")
		refused(t, "foreign", attach("arn:aws:iam::222222222222:policy/P"), aws.NoSuchEntity, "does not exist or is not attachable")
		in, got := &api.ListAttachedRolePoliciesInput{RoleName: aws.Ptr("r"), MaxItems: aws.Ptr(int32(4)), PathPrefix: aws.Ptr("/service-role/")}, []string{}
		for pages := 1; ; pages++ {
			out, err := s.ListAttachedRolePolicies(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range out.AttachedPolicies {
				got = append(got, *p.PolicyName)
			}
			if in.Marker = out.Marker; !*out.IsTruncated {
				if pages != 3 || strings.Join(got, " ") != "P0 P1 P2 P3 P4 P5 P6 P7 P8 P9" {
					t.Errorf("%d pages: %v", pages, got)
				}
				break
			}
		}
	})
}

// covers: iam.SimulatePrincipalPolicy
func TestSimulatePrincipalPolicyTellsTheTruth(t *testing.T) {
	t.Parallel()
	s, ctx := iam.New(storetest.SQLite(t), iam.Options{}), as(t, account)
	in := &api.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.Ptr("arn:aws:iam::111111111111:role/service-role/R"),
		ActionNames:     []string{"sagemaker:CreateTrainingJob", "s3:GetObject"},
		ResourceArns:    []string{"*", "arn:aws:s3:::b/*", "arn:aws:sagemaker:us-east-1:222222222222:training-job/x"},
		MaxItems:        aws.Ptr(int32(4)),
	}
	var got []string
	for {
		out, err := s.SimulatePrincipalPolicy(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.EvaluationResults {
			got = append(got, *r.EvalActionName+" "+*r.EvalResourceName+" "+string(r.EvalDecision))
		}
		if in.Marker = out.Marker; !*out.IsTruncated {
			break
		}
	}
	want := ""
	for _, a := range in.ActionNames {
		want += a + " * allowed|" + a + " arn:aws:s3:::b/* allowed|" + a + " " + in.ResourceArns[2] + " implicitDeny|"
	}
	if strings.Join(got, "|")+"|" != want {
		t.Errorf("got %v", got)
	}
	for what, c := range map[string]struct {
		change  func(*api.SimulatePrincipalPolicyInput)
		code    aws.Code
		message string
	}{
		"policy": {func(in *api.SimulatePrincipalPolicyInput) { in.PolicyInputList = []string{trust} }, "InvalidInput", "not evaluated"},
		"session": {func(in *api.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.Ptr("arn:aws:sts::111111111111:assumed-role/R/s")
		}, "InvalidInput", "Invalid Entity Arn"},
		"user": {func(in *api.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.Ptr("arn:aws:iam::111111111111:user/u")
		}, aws.NoSuchEntity, "The user with name u"},
		"foreign": {func(in *api.SimulatePrincipalPolicyInput) {
			in.PolicySourceArn = aws.Ptr("arn:aws:iam::222222222222:role/R")
		}, aws.NoSuchEntity, "cannot be found"},
		"action": {func(in *api.SimulatePrincipalPolicyInput) { in.ActionNames = []string{"everything"} }, "InvalidInput", "Invalid Input Action"},
		"marker": {func(in *api.SimulatePrincipalPolicyInput) { in.Marker = aws.Ptr("x") }, "InvalidInput", "Marker"},
	} {
		bad := *in
		bad.Marker = nil
		c.change(&bad)
		_, err := s.SimulatePrincipalPolicy(ctx, &bad)
		refused(t, what, err, c.code, c.message)
	}
}

// TestEnsureRole is rules X-8 and Common-5: the role that a job is handed must be
// one that the service can assume, of the caller's own account. Every key of the
// account may pass it (D-2).
func TestEnsureRole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		lax, strict := iam.New(db, iam.Options{}), iam.New(db, iam.Options{StrictRoles: true})
		scope := aws.Scope{Account: account, Region: "eu-west-1"}
		ensure := func(s *iam.Service, arn string) error {
			return db.Update(t.Context(), func(tx *store.Tx) error { return s.EnsureRole(tx, scope, arn) })
		}
		own := "arn:aws:iam::111111111111:role/service-role/Job"
		refused(t, "strict", ensure(strict, own), aws.ValidationException, "Could not assume role "+own+". Please ensure that the role exists")
		if err := errors.Join(ensure(lax, own), ensure(lax, own), ensure(strict, own)); err != nil {
			t.Error(err)
		}
		refused(t, "strict, other path", ensure(strict, "arn:aws:iam::111111111111:role/Job"), aws.ValidationException, "Could not assume role")
		refused(t, "foreign", ensure(lax, "arn:aws:iam::222222222222:role/Job"), aws.ValidationException, "cross-account pass role is not allowed")
		for _, bad := range []string{"", "Job", "arn:aws:iam::111111111111:user/Job", "arn:aws:iam::111111111111:role/", "arn:aws:sagemaker:us-east-1:111111111111:role/Job", "arn:aws:iam::111111111111:role/a b", "arn:aws:iam::111111111111:role/" + strings.Repeat("x", 65)} {
			refused(t, bad, ensure(lax, bad), aws.ValidationException, "it is no ARN of a role")
		}
		id, longest, err := lax.Assume(t.Context(), scope, own)
		if err != nil || !strings.HasPrefix(id, "AROA") || longest != 12*time.Hour {
			t.Errorf("%s %v %v", id, longest, err)
		}
	})
}
