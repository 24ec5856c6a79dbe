package monitoring_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// as is a request of an account in a region.
func as(t *testing.T, account, region string) context.Context {
	return aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: account, Region: region}})
}

// each runs fn with a service on both databases, as one caller.
func each(t *testing.T, fn func(t *testing.T, s *monitoring.Service, ctx context.Context)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fn(t, monitoring.New(db), as(t, "111111111111", "us-east-1"))
	})
}

// base is a whole minute of an hour ago.
func base() time.Time { return time.Now().UTC().Add(-time.Hour).Truncate(time.Minute) }

// value is a datum of metric "m" in the way of PutMetricData.
func value(at time.Time, v float64) *api.MetricDatum {
	return &api.MetricDatum{MetricName: aws.Ptr("m"), Timestamp: &at, Value: &v}
}

func put(t *testing.T, s *monitoring.Service, ctx context.Context, data ...*api.MetricDatum) {
	t.Helper()
	if _, err := s.PutMetricData(ctx, &api.PutMetricDataInput{Namespace: aws.Ptr("ns"), MetricData: data}); err != nil {
		t.Fatal(err)
	}
}

// statistics asks for metric "m" from start for n minutes.
func statistics(t *testing.T, s *monitoring.Service, ctx context.Context, start time.Time, n int, change func(*api.GetMetricStatisticsInput)) []*api.Datapoint {
	t.Helper()
	in := &api.GetMetricStatisticsInput{
		Namespace: aws.Ptr("ns"), MetricName: aws.Ptr("m"), StartTime: &start, EndTime: aws.Ptr(start.Add(time.Duration(n) * time.Minute)),
		Period:     aws.Ptr(int32(60)),
		Statistics: []api.Statistic{api.StatisticSampleCount, api.StatisticAverage, api.StatisticSum, api.StatisticMinimum, api.StatisticMaximum},
	}
	if change != nil {
		change(in)
	}
	out, err := s.GetMetricStatistics(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Datapoints
}

func show(p *api.Datapoint) string {
	return fmt.Sprintf("n=%v avg=%v sum=%v min=%v max=%v %s", aws.Val(p.SampleCount), aws.Val(p.Average), aws.Val(p.Sum), aws.Val(p.Minimum), aws.Val(p.Maximum), p.Unit)
}

// covers: monitoring.PutMetricData monitoring.GetMetricStatistics
func TestStatisticsOfValuesCountsAndSets(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		t0 := base()
		put(t, s, ctx,
			value(t0.Add(time.Second), 1), value(t0.Add(time.Second), 1), // the same twice counts twice
			value(t0.Add(59*time.Second), 4),
			&api.MetricDatum{MetricName: aws.Ptr("m"), Timestamp: aws.Ptr(t0.Add(time.Minute)), Values: []float64{2, 3}, Counts: []float64{3, 1}},
			&api.MetricDatum{MetricName: aws.Ptr("m"), Timestamp: aws.Ptr(t0.Add(2 * time.Minute)),
				StatisticValues: &api.StatisticSet{SampleCount: aws.Ptr(10.0), Sum: aws.Ptr(50.0), Minimum: aws.Ptr(1.0), Maximum: aws.Ptr(9.0)}},
			value(t0.Add(4*time.Minute), -7), // beyond the end, which is exclusive
		)
		got := statistics(t, s, ctx, t0, 4, nil)
		want := []string{"n=3 avg=2 sum=6 min=1 max=4 None", "n=4 avg=2.25 sum=9 min=2 max=3 None", "n=10 avg=5 sum=50 min=1 max=9 None"}
		if len(got) != len(want) {
			t.Fatalf("%d points, want %d", len(got), len(want))
		}
		for i, p := range got {
			if show(p) != want[i] || !p.Timestamp.Equal(t0.Add(time.Duration(i)*time.Minute)) {
				t.Errorf("point %d: %s at %v, want %s", i, show(p), p.Timestamp, want[i])
			}
		}
		if got := statistics(t, s, ctx, t0.Add(30*time.Second), 4, nil); len(got) != 4 || !got[0].Timestamp.Equal(t0) {
			t.Errorf("the start is not rounded down to the minute: %d points", len(got))
		}
	})
}

func TestPercentilesAreExact(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		t0 := base()
		for v := range 100 {
			put(t, s, ctx, value(t0.Add(time.Duration(v%60)*time.Second), float64(100-v)))
		}
		ask := func(in *api.GetMetricStatisticsInput) {
			in.Statistics, in.ExtendedStatistics = nil, []string{"p0", "p50", "p99", "p99.5", "p100"}
		}
		got := statistics(t, s, ctx, t0, 1, ask)[0].ExtendedStatistics
		for name, want := range map[string]float64{"p0": 1, "p50": 50, "p99": 99, "p99.5": 100, "p100": 100} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		put(t, s, ctx, &api.MetricDatum{MetricName: aws.Ptr("m"), Timestamp: &t0,
			StatisticValues: &api.StatisticSet{SampleCount: aws.Ptr(2.0), Sum: aws.Ptr(3.0), Minimum: aws.Ptr(1.0), Maximum: aws.Ptr(2.0)}})
		if got := statistics(t, s, ctx, t0, 1, ask)[0].ExtendedStatistics; len(got) != 0 {
			t.Errorf("percentiles of unknown values: %v", got)
		}
	})
}

func TestUnitsAndDimensionsTellApart(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		t0 := base()
		dims := []*api.Dimension{{Name: aws.Ptr("b"), Value: aws.Ptr("2")}, {Name: aws.Ptr("a"), Value: aws.Ptr("1")}}
		with, percent := value(t0, 8), value(t0, 3)
		with.Dimensions, percent.Unit = dims, api.StandardUnitPercent
		put(t, s, ctx, value(t0, 1), percent, with)
		if got := statistics(t, s, ctx, t0, 1, nil); len(got) != 2 || got[0].Unit != "None" || got[1].Unit != "Percent" {
			t.Errorf("want one point for each unit, got %v", got)
		}
		if got := statistics(t, s, ctx, t0, 1, func(in *api.GetMetricStatisticsInput) { in.Unit = api.StandardUnitPercent }); len(got) != 1 || *got[0].Sum != 3 {
			t.Errorf("one unit: %v", got)
		}
		got := statistics(t, s, ctx, t0, 1, func(in *api.GetMetricStatisticsInput) { in.Dimensions = []*api.Dimension{dims[1], dims[0]} })
		if len(got) != 1 || *got[0].Sum != 8 {
			t.Errorf("the order of dimensions matters: %v", got)
		}
	})
}

func TestHighResolutionKeepsSeconds(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		t0 := base()
		fine := value(t0.Add(12*time.Second), 5)
		fine.StorageResolution = aws.Ptr(int32(1))
		put(t, s, ctx, fine, value(t0.Add(13*time.Second), 7))
		got := statistics(t, s, ctx, t0, 1, func(in *api.GetMetricStatisticsInput) { in.Period = aws.Ptr(int32(5)) })
		if len(got) != 2 || !got[0].Timestamp.Equal(t0) || *got[0].Sum != 7 || !got[1].Timestamp.Equal(t0.Add(10*time.Second)) || *got[1].Sum != 5 {
			t.Errorf("got %v", got)
		}
	})
}

// TestPublishOnce proves that a publisher that repeats itself after a crash
// publishes nothing twice (TrainContainer-13).
func TestPublishOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx, t0 := monitoring.New(db), as(t, "111111111111", "us-east-1"), base()
		scope := aws.ScopeFrom(ctx)
		var data []monitoring.Datum
		for i := range 257 {
			data = append(data, monitoring.Datum{Name: "m", Time: t0.Add(time.Duration(i) * time.Microsecond / 2), Value: 1, Seq: int64(i)})
		}
		data = append(data, monitoring.Datum{Name: "m", Time: t0, Value: math.NaN(), Seq: 9999}, monitoring.Datum{Name: "m", Time: t0, Value: math.Inf(1), Seq: 9998})
		for range 3 {
			if err := s.PublishOnce(ctx, scope, "ns", data); err != nil {
				t.Fatal(err)
			}
		}
		if got := statistics(t, s, ctx, t0, 1, nil); len(got) != 1 || *got[0].SampleCount != 257 {
			t.Errorf("got %v", got)
		}
		if err := s.Publish(ctx, scope, "ns", data[:10]); err != nil {
			t.Fatal(err)
		}
		if got := statistics(t, s, ctx, t0, 1, nil); *got[0].SampleCount != 267 {
			t.Errorf("Publish counts every time: %v", show(got[0]))
		}
		if err := s.PublishOnce(ctx, scope, "ns", []monitoring.Datum{{Name: "m", Value: 1}}); err == nil {
			t.Error("a datum without time was taken")
		}
	})
}

func TestAccountsAndRegionsAreIsolated(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, t0 := monitoring.New(db), base()
		put(t, s, as(t, "111111111111", "us-east-1"), value(t0, 1))
		for _, other := range []context.Context{as(t, "222222222222", "us-east-1"), as(t, "111111111111", "eu-west-1")} {
			if got := statistics(t, s, other, t0, 1, nil); len(got) != 0 {
				t.Errorf("somebody else's data: %v", got)
			}
			out, err := s.ListMetrics(other, &api.ListMetricsInput{})
			if err != nil || len(out.Metrics) != 0 {
				t.Errorf("somebody else's metrics: %v %v", out, err)
			}
		}
	})
}

func TestPutMetricDataRefusals(t *testing.T) {
	t.Parallel()
	s, ctx, t0 := monitoring.New(storetest.SQLite(t)), as(t, "111111111111", "us-east-1"), base()
	cases := map[string]struct {
		namespace string
		change    func(*api.MetricDatum)
		code      aws.Code
		message   string
	}{
		"reserved namespace": {"AWS/EC2", nil, aws.InvalidParameterValue, "The value AWS/ for parameter Namespace is invalid."},
		"control characters": {"a\x00b", nil, aws.InvalidParameterValue, ""},
		"value and values": {"ns", func(d *api.MetricDatum) { d.Values = []float64{1} }, aws.InvalidParameterCombination,
			"The parameters MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive and you have specified both."},
		"value and set": {"ns", func(d *api.MetricDatum) { d.StatisticValues = &api.StatisticSet{} }, aws.InvalidParameterCombination, ""},
		"counts": {"ns", func(d *api.MetricDatum) { d.Value, d.Values, d.Counts = nil, []float64{1, 2}, []float64{1} }, aws.InvalidParameterValue,
			"The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size."},
		"NaN": {"ns", func(d *api.MetricDatum) { d.Value = aws.Ptr(math.NaN()) }, aws.InvalidParameterValue,
			"The value NaN for parameter MetricData.member.2.Value is invalid."},
		"too large":  {"ns", func(d *api.MetricDatum) { d.Value = aws.Ptr(math.Inf(-1)) }, aws.InvalidParameterValue, ""},
		"too old":    {"ns", func(d *api.MetricDatum) { d.Timestamp = aws.Ptr(t0.Add(-15 * 24 * time.Hour)) }, aws.InvalidParameterValue, ""},
		"too early":  {"ns", func(d *api.MetricDatum) { d.Timestamp = aws.Ptr(t0.Add(5 * time.Hour)) }, aws.InvalidParameterValue, ""},
		"resolution": {"ns", func(d *api.MetricDatum) { d.StorageResolution = aws.Ptr(int32(7)) }, aws.InvalidParameterValue, ""},
		"nothing":    {"ns", func(d *api.MetricDatum) { d.Value = nil }, aws.MissingRequiredParameter, ""},
		"empty set": {"ns", func(d *api.MetricDatum) { d.Value, d.StatisticValues = nil, &api.StatisticSet{} }, aws.InvalidParameterValue,
			"The parameter MetricData.member.2.StatisticValues.SampleCount must be greater than 0."},
		"dimension twice": {"ns", func(d *api.MetricDatum) {
			d.Dimensions = []*api.Dimension{{Name: aws.Ptr("a"), Value: aws.Ptr("1")}, {Name: aws.Ptr("a"), Value: aws.Ptr("2")}}
		}, aws.InvalidParameterValue, ""},
	}
	for name, c := range cases {
		bad := value(t0, 1)
		if c.change != nil {
			c.change(bad)
		}
		_, err := s.PutMetricData(ctx, &api.PutMetricDataInput{Namespace: &c.namespace, MetricData: []*api.MetricDatum{value(t0, 1), bad}})
		var e *aws.Error
		if !errors.As(err, &e) || e.Code != c.code || c.message != "" && e.Message != c.message {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := statistics(t, s, ctx, t0, 1, nil); len(got) != 0 {
		t.Errorf("a refused call stored %v", got)
	}
}

func TestGetMetricStatisticsRefusals(t *testing.T) {
	t.Parallel()
	s, ctx, t0 := monitoring.New(storetest.SQLite(t)), as(t, "111111111111", "us-east-1"), base()
	cases := map[string]struct {
		change  func(*api.GetMetricStatisticsInput)
		code    aws.Code
		message string
	}{
		"order":  {func(in *api.GetMetricStatisticsInput) { in.EndTime = in.StartTime }, aws.InvalidParameterValue, "The parameter StartTime must be less than the parameter EndTime."},
		"period": {func(in *api.GetMetricStatisticsInput) { in.Period = aws.Ptr(int32(45)) }, aws.InvalidParameterValue, ""},
		"points": {func(in *api.GetMetricStatisticsInput) { in.EndTime = aws.Ptr(t0.Add(2880 * time.Minute)) }, aws.InvalidParameterCombination,
			"You have requested up to 2,880 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."},
		"none":       {func(in *api.GetMetricStatisticsInput) { in.Statistics = nil }, aws.InvalidParameterCombination, "Must specify either Statistics or ExtendedStatistics"},
		"both":       {func(in *api.GetMetricStatisticsInput) { in.ExtendedStatistics = []string{"p50"} }, aws.InvalidParameterCombination, ""},
		"percentile": {func(in *api.GetMetricStatisticsInput) { in.Statistics, in.ExtendedStatistics = nil, []string{"p101"} }, aws.InvalidParameterValue, ""},
		"trimmed":    {func(in *api.GetMetricStatisticsInput) { in.Statistics, in.ExtendedStatistics = nil, []string{"tm90"} }, aws.InvalidParameterValue, ""},
	}
	for name, c := range cases {
		in := &api.GetMetricStatisticsInput{Namespace: aws.Ptr("ns"), MetricName: aws.Ptr("m"), StartTime: &t0, EndTime: aws.Ptr(t0.Add(time.Hour)),
			Period: aws.Ptr(int32(60)), Statistics: []api.Statistic{api.StatisticSum}}
		c.change(in)
		_, err := s.GetMetricStatistics(ctx, in)
		var e *aws.Error
		if !errors.As(err, &e) || e.Code != c.code || c.message != "" && e.Message != c.message {
			t.Errorf("%s: %v", name, err)
		}
	}
}
