package monitoring_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// stat is a query for metric name of "ns".
func stat(id, name, stat string) *api.MetricDataQuery {
	return &api.MetricDataQuery{Id: &id, MetricStat: &api.MetricStat{
		Metric: &api.Metric{Namespace: aws.Ptr("ns"), MetricName: &name}, Period: aws.Ptr(int32(60)), Stat: &stat}}
}

// expr is a query for an expression.
func expr(id, text string) *api.MetricDataQuery {
	return &api.MetricDataQuery{Id: &id, Expression: &text}
}

// covers: monitoring.GetMetricData
func TestGetMetricDataMathAndOrder(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		t0 := base()
		other := value(t0, 10)
		other.MetricName = aws.Ptr("k")
		put(t, s, ctx, value(t0, 1), value(t0, 3), value(t0.Add(time.Minute), 8), other)
		hidden := stat("b", "k", "Sum")
		hidden.ReturnData = aws.Ptr(false)
		out, err := s.GetMetricData(ctx, &api.GetMetricDataInput{StartTime: &t0, EndTime: aws.Ptr(t0.Add(time.Hour)), ScanBy: api.ScanByTimestampAscending,
			MetricDataQueries: []*api.MetricDataQuery{expr("e", "-(a + 2) * b / 2 ^ 2 - 1"), stat("a", "m", "p100"), hidden, expr("f", "100 - a"), stat("none", "nobody", "Sum")}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range out.MetricDataResults {
			got = append(got, fmt.Sprint(*r.Id, *r.Label, r.Values, r.StatusCode))
		}
		want := []string{"ee[-13.5]Complete", "am[3 8]Complete", "ff[97 92]Complete", "nonenobody[]Complete"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if !out.MetricDataResults[1].Timestamps[1].Equal(t0.Add(time.Minute)) || out.NextToken != nil {
			t.Errorf("%+v", out)
		}
	})
}

func TestGetMetricDataPages(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		t0 := base()
		for i := range 10 {
			put(t, s, ctx, value(t0.Add(time.Duration(i)*time.Minute), float64(i)))
		}
		in := &api.GetMetricDataInput{StartTime: &t0, EndTime: aws.Ptr(t0.Add(time.Hour)), MaxDatapoints: aws.Ptr(int32(7)),
			MetricDataQueries: []*api.MetricDataQuery{stat("none", "nobody", "Sum"), stat("a", "m", "Sum"), stat("b", "m", "Maximum")}}
		got, pages := map[string][]float64{}, 0
		for more := true; more; pages++ {
			out, err := s.GetMetricData(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, r := range out.MetricDataResults {
				got[*r.Id] = append(got[*r.Id], r.Values...)
				n += len(r.Values)
				if pages > 0 && *r.Id == "none" || n > 7 || (r.StatusCode == api.StatusCodePartialData) != (len(got[*r.Id]) < 10 && *r.Id != "none") {
					t.Errorf("page %d: %s %v %v", pages, *r.Id, r.Values, r.StatusCode)
				}
			}
			in.NextToken, more = out.NextToken, out.NextToken != nil
		}
		want := []float64{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
		if pages != 3 || !slices.Equal(got["a"], want) || !slices.Equal(got["b"], want) {
			t.Errorf("%d pages: %v", pages, got)
		}
	})
}

func TestGetMetricDataRefusals(t *testing.T) {
	t.Parallel()
	s, ctx, t0 := monitoring.New(storetest.SQLite(t)), as(t, "111111111111", "us-east-1"), base()
	both := stat("a", "m", "Sum")
	both.Expression = aws.Ptr("1")
	period := stat("a", "m", "Sum")
	period.Period = aws.Ptr(int32(60))
	foreign := stat("a", "m", "Sum")
	foreign.AccountId = aws.Ptr("222222222222")
	cases := map[string]struct {
		queries []*api.MetricDataQuery
		message string
	}{
		"no query":         {nil, "MetricDataQueries is required"},
		"id":               {[]*api.MetricDataQuery{stat("A", "m", "Sum")}, "The value A for parameter MetricDataQueries.member.1.Id"},
		"ids":              {[]*api.MetricDataQuery{stat("a", "m", "Sum"), stat("a", "m", "Sum")}, "not unique"},
		"both":             {[]*api.MetricDataQuery{both}, "mutually exclusive"},
		"period":           {[]*api.MetricDataQuery{period}, "The parameters MetricDataQueries.member.1.Period and MetricDataQueries.member.1.MetricStat are mutually exclusive and you have specified both."},
		"account":          {[]*api.MetricDataQuery{foreign}, "other accounts"},
		"neither":          {[]*api.MetricDataQuery{{Id: aws.Ptr("a")}}, "must be specified"},
		"stat":             {[]*api.MetricDataQuery{stat("a", "m", "Mean")}, "The value Mean"},
		"function":         {[]*api.MetricDataQuery{expr("e", "SUM(METRICS())")}, "the function SUM is not supported"},
		"syntax":           {[]*api.MetricDataQuery{expr("e", "(1 + ")}, "it ends where a value should follow"},
		"rest":             {[]*api.MetricDataQuery{expr("e", "1 2")}, "not expected"},
		"number":           {[]*api.MetricDataQuery{expr("e", "1.2.3")}, "no number"},
		"nesting":          {[]*api.MetricDataQuery{expr("e", strings.Repeat("(", 500))}, "nests"},
		"scalar":           {[]*api.MetricDataQuery{expr("e", "1 + 1")}, "must be a time series"},
		"unknown id":       {[]*api.MetricDataQuery{expr("e", "x")}, "no query with the id 'x'"},
		"circle of two":    {[]*api.MetricDataQuery{expr("e", "f"), expr("f", "e")}, "depends on itself"},
		"circle of itself": {[]*api.MetricDataQuery{expr("e", "e+1")}, "depends on itself"},
	}
	for name, c := range cases {
		_, err := s.GetMetricData(ctx, &api.GetMetricDataInput{StartTime: &t0, EndTime: aws.Ptr(t0.Add(time.Hour)), MetricDataQueries: c.queries})
		if aws.CodeOf(err) != "ValidationError" || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.GetMetricData(ctx, &api.GetMetricDataInput{StartTime: &t0, EndTime: aws.Ptr(t0.Add(time.Hour)), NextToken: aws.Ptr("?"), MetricDataQueries: []*api.MetricDataQuery{stat("a", "m", "Sum")}})
	if aws.CodeOf(err) != aws.InvalidNextToken {
		t.Errorf("token: %v", err)
	}
}

// covers: monitoring.ListMetrics
func TestListMetrics(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		now := time.Now()
		var data []*api.MetricDatum
		for i := range 700 {
			d := value(now, 1)
			d.MetricName = aws.Ptr(fmt.Sprintf("m%03d", i))
			d.Dimensions = []*api.Dimension{{Name: aws.Ptr("Job"), Value: aws.Ptr(fmt.Sprint("job", i%7))}}
			data = append(data, d)
		}
		old := value(now.Add(-24*time.Hour), 1)
		put(t, s, ctx, append(data, old)...)
		count := func(in *api.ListMetricsInput) (n int) {
			t.Helper()
			seen := map[string]bool{}
			for {
				out, err := s.ListMetrics(ctx, in)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range out.Metrics {
					seen[*m.MetricName] = true
				}
				if n += len(out.Metrics); out.NextToken == nil {
					if len(seen) != n {
						t.Errorf("%d metrics, %d different", n, len(seen))
					}
					return n
				}
				if len(out.Metrics) != 500 {
					t.Errorf("a page of %d", len(out.Metrics))
				}
				in.NextToken = out.NextToken
			}
		}
		for name, c := range map[string]struct {
			in   api.ListMetricsInput
			want int
		}{
			"all":             {api.ListMetricsInput{}, 701},
			"recent":          {api.ListMetricsInput{RecentlyActive: api.RecentlyActivePt3h}, 700},
			"name":            {api.ListMetricsInput{Namespace: aws.Ptr("ns"), MetricName: aws.Ptr("m007")}, 1},
			"other namespace": {api.ListMetricsInput{Namespace: aws.Ptr("n")}, 0},
			"dimension":       {api.ListMetricsInput{Dimensions: []*api.DimensionFilter{{Name: aws.Ptr("Job")}}}, 700},
			"dimension value": {api.ListMetricsInput{Dimensions: []*api.DimensionFilter{{Name: aws.Ptr("Job"), Value: aws.Ptr("job3")}}}, 100},
			"both dimensions": {api.ListMetricsInput{Dimensions: []*api.DimensionFilter{{Name: aws.Ptr("Job")}, {Name: aws.Ptr("Host")}}}, 0},
			"other account":   {api.ListMetricsInput{OwningAccount: aws.Ptr("222222222222")}, 0},
		} {
			if got := count(&c.in); got != c.want {
				t.Errorf("%s: %d, want %d", name, got, c.want)
			}
		}
		if _, err := s.ListMetrics(ctx, &api.ListMetricsInput{NextToken: aws.Ptr("?")}); aws.CodeOf(err) != aws.InvalidParameterValue {
			t.Errorf("token: %v", err)
		}
	})
}
