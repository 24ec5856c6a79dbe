package search_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Random records and expressions, from few values, so that they meet often.

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func maybe[T any](r *rand.Rand, v T) *T {
	if r.IntN(3) == 0 {
		return nil
	}
	return &v
}

func word(r *rand.Rand) string {
	return pick(r, "a", "b", "ab", "abc", "0.5", "1", "1.5", "2", "-3", "é", "", strings.Repeat("long", 1500), strings.Repeat("long", 1500)+"x")
}

func randomJob(r *rand.Rand, i int) *sagemaker.TrainingJob {
	created := time.Date(2024, 1, 1, 0, 0, r.IntN(4), r.IntN(3)*500000000, time.UTC)
	j := &sagemaker.TrainingJob{
		TrainingJobName: aws.Ptr(fmt.Sprint("job-", i)), TrainingJobStatus: pick(r, sagemaker.TrainingJobStatusCompleted, sagemaker.TrainingJobStatusFailed, ""),
		FailureReason: maybe(r, word(r)), EnableNetworkIsolation: maybe(r, r.IntN(2) == 0), LastModifiedTime: maybe(r, created),
		ResourceConfig: &sagemaker.ResourceConfig{InstanceCount: maybe(r, r.Int32N(4))},
	}
	for k := range r.IntN(4) {
		if j.HyperParameters == nil {
			j.HyperParameters = map[string]string{}
		}
		j.HyperParameters[fmt.Sprint("h", k)] = word(r)
	}
	for k := range r.IntN(4) {
		j.Tags = append(j.Tags, &sagemaker.Tag{Key: aws.Ptr(fmt.Sprint("k", k)), Value: aws.Ptr(word(r))})
	}
	for range r.IntN(4) {
		j.InputDataConfig = append(j.InputDataConfig, &sagemaker.Channel{ChannelName: maybe(r, word(r)), ContentType: maybe(r, word(r)),
			DataSource: &sagemaker.DataSource{S3DataSource: &sagemaker.S3DataSource{AttributeNames: []string{word(r), word(r)}}}})
	}
	for k := range r.IntN(3) {
		j.FinalMetricDataList = append(j.FinalMetricDataList, &sagemaker.MetricData{MetricName: aws.Ptr(fmt.Sprint("m", k)), Value: aws.Ptr(r.Float32())})
	}
	return j
}

func randomComponent(r *rand.Rand, i int) *sagemaker.TrialComponent {
	c := &sagemaker.TrialComponent{TrialComponentName: aws.Ptr(fmt.Sprint("c-", i)), DisplayName: maybe(r, word(r))}
	for k := range r.IntN(3) {
		if c.Parameters == nil {
			c.Parameters, c.InputArtifacts = map[string]*sagemaker.TrialComponentParameterValue{}, map[string]*sagemaker.TrialComponentArtifact{}
		}
		c.Parameters[fmt.Sprint("p", k)] = pick(r, &sagemaker.TrialComponentParameterValue{NumberValue: aws.Ptr(float64(r.IntN(3)))}, &sagemaker.TrialComponentParameterValue{StringValue: aws.Ptr(word(r))})
		c.InputArtifacts[fmt.Sprint("i.", k)] = &sagemaker.TrialComponentArtifact{Value: maybe(r, word(r))}
		c.Metrics = append(c.Metrics, &sagemaker.TrialComponentMetricSummary{MetricName: aws.Ptr(fmt.Sprint("m", r.IntN(2))), Max: maybe(r, r.Float64())})
		c.Parents = append(c.Parents, &sagemaker.Parent{TrialName: maybe(r, word(r)), ExperimentName: maybe(r, word(r))})
	}
	return c
}

func randomFilter(r *rand.Rand, names []string) *sagemaker.Filter {
	value := word(r)
	if value == "" || len(value) > 1024 {
		value = pick(r, "true", "2024-01-01T00:00:01", strings.Repeat("long", 256), "a,b,1")
	}
	op := pick(r, sagemaker.OperatorEquals, sagemaker.OperatorNotEquals, sagemaker.OperatorExists, sagemaker.OperatorNotExists, sagemaker.OperatorContains,
		sagemaker.OperatorIn, sagemaker.OperatorGreaterThan, sagemaker.OperatorGreaterThanOrEqualTo, sagemaker.OperatorLessThan, sagemaker.OperatorLessThanOrEqualTo)
	return &sagemaker.Filter{Name: aws.Ptr(pick(r, names...)), Operator: op, Value: &value}
}

func randomExpression(r *rand.Rand, names, inside []string, list string, depth int) *sagemaker.SearchExpression {
	e := &sagemaker.SearchExpression{Operator: pick(r, "", sagemaker.BooleanOperatorAnd, sagemaker.BooleanOperatorOr)}
	for range r.IntN(3) {
		e.Filters = append(e.Filters, randomFilter(r, names))
	}
	for range r.IntN(2) {
		n := &sagemaker.NestedFilters{NestedPropertyName: &list}
		for range 1 + r.IntN(3) {
			n.Filters = append(n.Filters, randomFilter(r, inside))
		}
		e.NestedFilters = append(e.NestedFilters, n)
	}
	if depth > 0 {
		for range r.IntN(3) {
			e.SubExpressions = append(e.SubExpressions, randomExpression(r, names, inside, list, depth-1))
		}
	}
	return e
}

var (
	jobNames = []string{"TrainingJobName", "TrainingJobStatus", "FailureReason", "EnableNetworkIsolation", "LastModifiedTime", "ResourceConfig.InstanceCount",
		"HyperParameters.h0", "HyperParameters.h1", "HyperParameters", "Tags.k0", "Tags.k1", "Tags", "InputDataConfig", "InputDataConfig.ChannelName", "Metrics.m0", "Metrics.m1", "Metrics",
		"FinalMetricDataList.MetricName", "InputDataConfig.DataSource.S3DataSource.AttributeNames", "VpcConfig"}
	jobInside      = []string{"InputDataConfig.ChannelName", "InputDataConfig.ContentType", "InputDataConfig.DataSource.S3DataSource.AttributeNames", "InputDataConfig.RecordWrapperType"}
	componentNames = []string{"TrialComponentName", "DisplayName", "Parameters.p0", "Parameters.p1", "Parameters", "InputArtifacts", "InputArtifacts.i.0.Value", "InputArtifacts.i.1",
		"Metrics.m0.Max", "Metrics.m1.max", "Metrics", "Parents", "Parents.TrialName"}
	componentInside = []string{"Parents.TrialName", "Parents.ExperimentName"}
)
