package monitoring_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/cloudwatch"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/wire"
)

// client is somebody else's client of a server with the service alone.
func client(t *testing.T) *cloudwatch.CloudWatch {
	t.Helper()
	w := wire.NewServer(wire.Options{
		Lookup: func(context.Context, string, string) (sigv4.Secret, error) {
			return sigv4.Secret{SecretAccessKey: "secret", Caller: aws.Caller{Scope: aws.Scope{Account: "111111111111"}}}, nil
		},
		CheckErrors: func(op string, code aws.Code) { t.Errorf("%s answers %s, which its model does not know", op, code) },
	})
	if err := w.Mount(api.Service, monitoring.New(storetest.SQLite(t))); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	return cloudwatch.New(session.Must(session.NewSession(&sdk.Config{
		Endpoint: &s.URL, Region: sdk.String("us-east-1"), Credentials: credentials.NewStaticCredentials("AKIAIOSFODNN7EXAMPLE", "secret", ""), MaxRetries: sdk.Int(0),
	})))
}

func TestForeignClient(t *testing.T) {
	t.Parallel()
	c, t0 := client(t), base()
	dims := []*cloudwatch.Dimension{{Name: sdk.String("TrainingJobName"), Value: sdk.String("job & <co>")}}
	if _, err := c.PutMetricData(&cloudwatch.PutMetricDataInput{Namespace: sdk.String("ns"), MetricData: []*cloudwatch.MetricDatum{
		{MetricName: sdk.String("loss"), Dimensions: dims, Timestamp: &t0, Values: sdk.Float64Slice([]float64{1.5, -2}), Counts: sdk.Float64Slice([]float64{1, 2}), Unit: sdk.String("Percent")},
	}}); err != nil {
		t.Fatal(err)
	}
	end := t0.Add(time.Hour)
	stats, err := c.GetMetricStatistics(&cloudwatch.GetMetricStatisticsInput{Namespace: sdk.String("ns"), MetricName: sdk.String("loss"), Dimensions: dims,
		StartTime: &t0, EndTime: &end, Period: sdk.Int64(60), ExtendedStatistics: sdk.StringSlice([]string{"p50", "p99"})})
	if err != nil || len(stats.Datapoints) != 1 || *stats.Datapoints[0].ExtendedStatistics["p99"] != 1.5 || !stats.Datapoints[0].Timestamp.Equal(t0) {
		t.Errorf("%v %v", stats, err)
	}
	data, err := c.GetMetricData(&cloudwatch.GetMetricDataInput{StartTime: &t0, EndTime: &end, MetricDataQueries: []*cloudwatch.MetricDataQuery{
		{Id: sdk.String("m"), MetricStat: &cloudwatch.MetricStat{Metric: &cloudwatch.Metric{Namespace: sdk.String("ns"), MetricName: sdk.String("loss"), Dimensions: dims}, Period: sdk.Int64(60), Stat: sdk.String("Average")}},
		{Id: sdk.String("e"), Expression: sdk.String("m * -2")},
	}})
	if err != nil || len(data.MetricDataResults) != 2 || *data.MetricDataResults[1].Values[0] != 2.5/3*2 {
		t.Errorf("%v %v", data, err)
	}
	list, err := c.ListMetrics(&cloudwatch.ListMetricsInput{Dimensions: []*cloudwatch.DimensionFilter{{Name: sdk.String("TrainingJobName")}}})
	if err != nil || len(list.Metrics) != 1 || *list.Metrics[0].Dimensions[0].Value != "job & <co>" {
		t.Errorf("%v %v", list, err)
	}
	for what, err := range map[string]error{
		"InvalidParameterCombination": second(c.GetMetricStatistics(&cloudwatch.GetMetricStatisticsInput{Namespace: sdk.String("ns"), MetricName: sdk.String("loss"), StartTime: &t0, EndTime: &end, Period: sdk.Int64(60)})),
		"MissingParameter":            second(c.PutMetricData(&cloudwatch.PutMetricDataInput{Namespace: sdk.String("ns"), MetricData: []*cloudwatch.MetricDatum{{MetricName: sdk.String("m")}}})),
		"InvalidParameterValue":       second(c.ListMetrics(&cloudwatch.ListMetricsInput{NextToken: sdk.String("?")})),
		"ValidationError":             second(c.GetMetricData(&cloudwatch.GetMetricDataInput{StartTime: &t0, EndTime: &end, MetricDataQueries: []*cloudwatch.MetricDataQuery{{Id: sdk.String("e"), Expression: sdk.String("SUM(m)")}}})),
	} {
		var e awserr.RequestFailure
		if !errors.As(err, &e) || e.Code() != what || e.StatusCode() != 400 {
			t.Errorf("want %s, got %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
