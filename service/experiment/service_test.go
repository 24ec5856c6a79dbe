package experiment

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// bundle is a service on a real database and a caller of its account.
type bundle struct {
	*Service
	t   *testing.T
	ctx context.Context
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	return &bundle{
		&Service{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}}, t, aws.WithCaller(t.Context(), aws.Caller{Scope: home}),
	}
}

// each runs a test on both databases.
func each(t *testing.T, test func(b *bundle)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(setup(t, db)) })
}

// stranger is the same service for another account.
func (b *bundle) stranger() *bundle {
	other := *b
	other.ctx = aws.WithCaller(b.t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
	return &other
}

// ok ends the test when err is not nil, and answers the first value.
func ok[T any](b *bundle, v T, err error) T {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// refused wants an error of that code with these words.
func refused(t *testing.T, err error, code aws.Code, words string) {
	t.Helper()
	if aws.CodeOf(err) != code || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v\nwant %s: … %s …", err, code, words)
	}
}

func (b *bundle) experiment(name string) {
	b.t.Helper()
	out, err := b.CreateExperiment(b.ctx, &sagemaker.CreateExperimentInput{ExperimentName: &name})
	ok(b, out, err)
}

func (b *bundle) trial(experiment, name string) {
	b.t.Helper()
	out, err := b.CreateTrial(b.ctx, &sagemaker.CreateTrialInput{ExperimentName: &experiment, TrialName: &name})
	ok(b, out, err)
}

func (b *bundle) component(name string) {
	b.t.Helper()
	out, err := b.CreateTrialComponent(b.ctx, &sagemaker.CreateTrialComponentInput{TrialComponentName: &name})
	ok(b, out, err)
}

func (b *bundle) associate(trial, component string) {
	b.t.Helper()
	out, err := b.AssociateTrialComponent(b.ctx, &sagemaker.AssociateTrialComponentInput{TrialName: &trial, TrialComponentName: &component})
	ok(b, out, err)
}

func (b *bundle) describe(component string) *sagemaker.DescribeTrialComponentOutput {
	b.t.Helper()
	out, err := b.DescribeTrialComponent(b.ctx, &sagemaker.DescribeTrialComponentInput{TrialComponentName: &component})
	return ok(b, out, err)
}

// names lists components as the input asks, page by page.
func (b *bundle) names(in sagemaker.ListTrialComponentsInput) string {
	b.t.Helper()
	var names []string
	for {
		out, err := b.ListTrialComponents(b.ctx, &in)
		for _, s := range ok(b, out, err).TrialComponentSummaries {
			names = append(names, *s.TrialComponentName)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return strings.Join(names, " ")
		}
	}
}

// trialNames lists trials as the input asks, page by page.
func (b *bundle) trialNames(in sagemaker.ListTrialsInput) string {
	b.t.Helper()
	var names []string
	for {
		out, err := b.ListTrials(b.ctx, &in)
		for _, s := range ok(b, out, err).TrialSummaries {
			names = append(names, *s.TrialName)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return strings.Join(names, " ")
		}
	}
}

func text(v string) *sagemaker.TrialComponentParameterValue {
	return &sagemaker.TrialComponentParameterValue{StringValue: &v}
}

func number(v float64) *sagemaker.TrialComponentParameterValue {
	return &sagemaker.TrialComponentParameterValue{NumberValue: &v}
}

func artifact(v string) *sagemaker.TrialComponentArtifact {
	return &sagemaker.TrialComponentArtifact{Value: &v}
}

// show prints parameters for comparison.
func show(p parameters) string {
	m := map[string]any{}
	for name, v := range p {
		if v.StringValue != nil {
			m[name] = *v.StringValue
		} else {
			m[name] = *v.NumberValue
		}
	}
	return fmt.Sprint(m)
}
