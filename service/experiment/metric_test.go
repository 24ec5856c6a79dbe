package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	api "github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// value is one value of a metric; step -1 is none.
func value(name string, at time.Time, step int32, v float64) *api.RawMetricData {
	d := &api.RawMetricData{MetricName: &name, Timestamp: &at, Value: &v}
	if step >= 0 {
		d.Step = &step
	}
	return d
}

func (b *bundle) put(component string, values ...*api.RawMetricData) []*api.BatchPutMetricsError {
	b.t.Helper()
	out, err := b.BatchPutMetrics(b.ctx, &api.BatchPutMetricsInput{TrialComponentName: &component, MetricData: values})
	return ok(b, out, err).Errors
}

// get answers one query as text.
func (b *bundle) get(q api.MetricQuery) string {
	b.t.Helper()
	out, err := b.BatchGetMetrics(b.ctx, &api.BatchGetMetricsInput{MetricQueries: []*api.MetricQuery{&q}})
	r := ok(b, out, err).MetricQueryResults[0]
	if r.Message != nil {
		return string(r.Status) + ": " + *r.Message
	}
	if r.Status != api.MetricQueryResultStatusComplete {
		return string(r.Status)
	}
	return strings.TrimPrefix(fmt.Sprint(r.XAxisValues, r.MetricValues), " ")
}

// Co-8: what was reported is summarized per metric, whatever order it comes in,
// and read again by step and by period of time.
//
// covers: sagemakermetrics.BatchPutMetrics sagemakermetrics.BatchGetMetrics
func TestMetrics(t *testing.T) {
	each(t, func(b *bundle) {
		b.component("Run")
		hour := time.Now().UTC().Truncate(time.Hour).Add(-3 * time.Hour)
		at := func(seconds int) time.Time { return hour.Add(time.Duration(seconds) * time.Second) }
		if errs := b.put("run", value("loss", at(0), 0, 4), value("loss", at(30), 1, 2), value("acc", at(0), -1, 0.5), value("loss", at(70), 1, 3)); len(errs) > 0 {
			b.t.Fatal(errs)
		}
		if errs := b.put("RUN", value("loss", at(10), 2, 11)); len(errs) > 0 { // older than the last
			b.t.Fatal(errs)
		}
		d := b.describe("run")
		arn := *d.TrialComponentArn
		if len(d.Metrics) != 2 || *d.Metrics[0].MetricName != "acc" {
			b.t.Fatalf("metrics %+v", d.Metrics)
		}
		m := d.Metrics[1]
		if *m.MetricName != "loss" || *m.SourceArn != arn || *m.Min != 2 || *m.Max != 11 || *m.Avg != 5 || *m.Last != 3 || *m.Count != 4 ||
			!m.TimeStamp.Equal(at(70)) || math.Abs(*m.StdDev-math.Sqrt(12.5)) > 1e-12 {
			b.t.Errorf("summary %+v", m)
		}
		x := hour.Unix()
		steps := api.MetricQuery{MetricName: aws.Ptr("loss"), ResourceArn: &arn, MetricStat: "Avg", Period: "IterationNumber", XAxisType: "IterationNumber"}
		times := api.MetricQuery{MetricName: aws.Ptr("loss"), ResourceArn: &arn, MetricStat: "Max", Period: "OneMinute", XAxisType: "Timestamp"}
		with := func(q api.MetricQuery, edit func(*api.MetricQuery)) api.MetricQuery { edit(&q); return q }
		for want, q := range map[string]api.MetricQuery{
			"[0 1 2] [4 2.5 11]":                   steps,
			"[1 2] [2 1]":                          with(steps, func(q *api.MetricQuery) { q.MetricStat, q.Start = "Count", aws.Ptr[int64](1) }),
			"[1] [3]":                              with(steps, func(q *api.MetricQuery) { q.MetricStat, q.Start, q.End = "Last", aws.Ptr[int64](1), aws.Ptr[int64](1) }),
			"[0 1 2] [0 0.5 0]":                    with(steps, func(q *api.MetricQuery) { q.MetricStat = "StdDev" }),
			fmt.Sprintf("[%d %d] [11 3]", x, x+60): times,
			fmt.Sprintf("[%d] [2]", x):             with(times, func(q *api.MetricQuery) { q.MetricStat, q.Period = "Min", "OneHour" }),
			fmt.Sprintf("[%d] [3]", x+60):          with(times, func(q *api.MetricQuery) { q.Start = aws.Ptr(x + 60) }),
			fmt.Sprintf("[%d] [4]", x):             with(times, func(q *api.MetricQuery) { q.Start, q.End = aws.Ptr(x), aws.Ptr(x) }),
			"[] []":                                with(steps, func(q *api.MetricQuery) { q.MetricName = aws.Ptr("none'; DROP TABLE resource") }),
			"[] [] ": with(times, func(q *api.MetricQuery) {
				q.Start, q.End = aws.Ptr[int64](math.MaxInt64), aws.Ptr[int64](math.MinInt64)
			}),
			fmt.Sprintf("[%d] [11] (5 minutes)", x):                  with(times, func(q *api.MetricQuery) { q.Period = "FiveMinute" }),
			"ValidationError: … does not go with":                    with(steps, func(q *api.MetricQuery) { q.Period = "OneHour" }),
			"ValidationError: … does not go with the":                with(times, func(q *api.MetricQuery) { q.Period = "IterationNumber" }),
			"ValidationError: … component/nope\": it does not exist": with(steps, func(q *api.MetricQuery) { q.ResourceArn = aws.Ptr(components.ARN(home, "nope")) }),
			"ValidationError: … is not the ARN of a":                 with(steps, func(q *api.MetricQuery) { q.ResourceArn = aws.Ptr(trials.ARN(home, "nope")) }),
			"ValidationError: … Could not find trial component":      with(steps, func(q *api.MetricQuery) { q.ResourceArn = aws.Ptr(components.ARN(home, "\x00")) }),
			"ValidationError: … job/x-aws-training-job":              with(steps, func(q *api.MetricQuery) { q.ResourceArn = aws.Ptr(aws.SageMakerARN(home, "training-job", "x")) }),
		} {
			got := b.get(q)
			status, words, isRefusal := strings.Cut(want, ": … ")
			words = strings.Replace(words, "job/x", "component/x", 1)
			if isRefusal && (!strings.HasPrefix(got, status) || !strings.Contains(got, words)) {
				b.t.Errorf("got %q, want %q", got, want)
			}
			want, _, _ = strings.Cut(want, " (")
			if !isRefusal && got != strings.TrimSpace(want) {
				b.t.Errorf("%+v\ngot  %s\nwant %s", q, got, want)
			}
		}
		s := b.stranger()
		if got := s.get(steps); !strings.HasPrefix(got, "ValidationError") {
			b.t.Errorf("a stranger reads %s", got)
		}
		out, err := b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: aws.Ptr("run")})
		ok(b, out, err)
		b.component("run")
		if d := b.describe("run"); len(d.Metrics) != 0 {
			b.t.Errorf("the metrics outlived their component: %+v", d.Metrics)
		}
	})
}

// Co-8: what is wrong with one value is answered for it, and the others count.
func TestMetricRefusals(t *testing.T) {
	each(t, func(b *bundle) {
		_, err := b.BatchPutMetrics(b.ctx, &api.BatchPutMetricsInput{TrialComponentName: aws.Ptr("run"), MetricData: []*api.RawMetricData{value("m", time.Now(), 0, 1)}})
		refused(b.t, err, aws.ResourceNotFound, `Could not find trial component "run"`)
		b.component("run")
		now := time.Now()
		errs := b.put("run", value("m", now, 0, 1), value("m", now, 1, math.NaN()), value("m", now, 2, math.Inf(1)), value("m", now.Add(-15*24*time.Hour), 3, 1),
			value("m", now.Add(3*time.Hour), 4, 1), value("m\x00", now, 5, 1), value("m", now, 6, 2))
		if len(errs) != 5 || *errs[0].MetricIndex != 1 || *errs[4].MetricIndex != 5 || errs[0].Code != api.PutMetricsErrorCodeValidationError {
			b.t.Errorf("errors %+v", errs)
		}
		if m := b.describe("run").Metrics[0]; *m.Count != 2 || *m.Last != 2 {
			b.t.Errorf("summary %+v", m)
		}
		for i := 1; i < maxMetrics; i += 10 {
			var values []*api.RawMetricData
			for j := i; j < min(i+10, maxMetrics); j++ {
				values = append(values, value(fmt.Sprint("m", j), now, 0, 1))
			}
			if errs := b.put("run", values...); len(errs) > 0 {
				b.t.Fatal(errs)
			}
		}
		errs = b.put("run", value("one more", now, 0, 1), value("m", now, 7, 3), value("one more", now, 0, 1))
		if len(errs) != 2 || errs[0].Code != api.PutMetricsErrorCodeMetricLimitExceeded || *errs[1].MetricIndex != 2 {
			b.t.Errorf("above the limit: %+v", errs)
		}
		if d := b.describe("run"); len(d.Metrics) != maxMetrics || *d.Metrics[0].Count != 3 {
			b.t.Errorf("%d metrics, the first %+v", len(d.Metrics), d.Metrics[0])
		}
	})
}

// Co-8: a component keeps as many values as its quota says, over all metrics; those
// beyond are answered one by one with METRIC_LIMIT_EXCEEDED, what is wrong by itself
// takes no room, and 0 is no bound. A deleted component leaves none behind.
func TestMetricValuesAreBounded(t *testing.T) {
	each(t, func(b *bundle) {
		b.Quotas = kit.Quotas{"metric-values": 12}
		b.component("run")
		now := time.Now()
		var values []*api.RawMetricData
		for i := range 10 {
			values = append(values, value(fmt.Sprint("m", i%2), now, int32(i), 1))
		}
		if errs := b.put("run", values...); len(errs) > 0 {
			b.t.Fatal(errs)
		}
		errs := b.put("run", value("m0", now, 10, 1), value("m0", now, 11, math.NaN()), value("m1", now, 12, 1), value("m1", now, 13, 1), value("new", now, 0, 1))
		if len(errs) != 3 || errs[0].Code != api.PutMetricsErrorCodeValidationError || errs[1].Code != api.PutMetricsErrorCodeMetricLimitExceeded || *errs[1].MetricIndex != 3 ||
			errs[2].Code != api.PutMetricsErrorCodeMetricLimitExceeded || *errs[2].MetricIndex != 4 {
			b.t.Errorf("beyond the bound: %+v", errs)
		}
		if errs = b.put("run", value("m0", now, 14, 1)); len(errs) != 1 || errs[0].Code != api.PutMetricsErrorCodeMetricLimitExceeded {
			b.t.Errorf("full: %+v", errs)
		}
		var points, names int
		err := b.DB.View(b.ctx, func(tx *store.Tx) error {
			if err := tx.QueryRow("SELECT count(*) FROM trial_metric").Scan(&names); err != nil {
				return err
			}
			return tx.QueryRow("SELECT count(*) FROM trial_metric_point").Scan(&points)
		})
		if err != nil || points != 12 || names != 2 {
			b.t.Errorf("%d points of %d metrics, %v", points, names, err)
		}
		b.component("other") // has room of its own
		if errs := b.put("other", value("m", now, 0, 1)); len(errs) > 0 {
			b.t.Errorf("another component: %+v", errs)
		}
		b.Quotas = kit.Quotas{"metric-values": 0}
		if errs := b.put("run", value("m0", now, 15, 1)); len(errs) > 0 {
			b.t.Errorf("without a bound: %+v", errs)
		}
		b.Quotas = kit.Quotas{"metric-values": 12}
		out, err := b.DeleteTrialComponent(b.ctx, &sagemaker.DeleteTrialComponentInput{TrialComponentName: aws.Ptr("run")})
		ok(b, out, err)
		b.component("run")
		if errs := b.put("run", values...); len(errs) > 0 {
			b.t.Errorf("after a deletion: %+v", errs)
		}
	})
}

// An answer holds 10,000 values and says when there are more.
func TestMetricsAreTruncated(t *testing.T) {
	each(t, func(b *bundle) {
		b.component("run")
		err := b.DB.Update(b.ctx, func(tx *store.Tx) error {
			c, err := components.Find(tx, home, "run")
			if err != nil {
				return err
			}
			var points []point
			for i := range maxValues + 1 {
				points = append(points, point{tx.Now, aws.Ptr(int32(i)), float64(i)})
			}
			return (&metric{name: "m", source: c.ARN}).add(tx, c, points)
		})
		ok(b, 0, err)
		q := api.MetricQuery{MetricName: aws.Ptr("m"), ResourceArn: aws.Ptr(components.ARN(home, "run")), MetricStat: "Avg", Period: "IterationNumber", XAxisType: "IterationNumber"}
		if got := b.get(q); got != "Truncated" {
			b.t.Errorf("got %.40s", got)
		}
		q.Start = aws.Ptr[int64](1)
		if got := b.get(q); !strings.HasPrefix(got, "[1 2 3 ") {
			b.t.Errorf("got %.40s", got)
		}
	})
}

// Two servers on one database count every value of one metric once.
func TestMetricsOfTwoServers(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		var servers []*bundle
		for range 2 {
			db, err := store.Open(t.Context(), url, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			servers = append(servers, setup(t, db))
			if db.Dialect() == "sqlite" {
				break // one server has the file; its callers are many all the same
			}
		}
		servers[0].component("run")
		const writers, batches = 4, 10
		now := time.Now()
		var group sync.WaitGroup
		for w := range writers {
			b := servers[w%len(servers)]
			group.Go(func() {
				for i := range batches {
					out, err := b.BatchPutMetrics(b.ctx, &api.BatchPutMetricsInput{TrialComponentName: aws.Ptr("run"), MetricData: []*api.RawMetricData{
						value("a", now, int32(i), float64(w)), value("b", now, int32(i), 1), value("a", now, int32(i), float64(w)),
					}})
					if err != nil || len(out.Errors) > 0 {
						t.Error(out, err)
					}
				}
			})
		}
		group.Wait()
		d := servers[0].describe("run")
		counts := []int32{*d.Metrics[0].Count, *d.Metrics[1].Count}
		if !slices.Equal(counts, []int32{2 * writers * batches, writers * batches}) || math.Abs(*d.Metrics[0].Avg-1.5) > 1e-9 || *d.Metrics[0].Max != 3 {
			t.Errorf("counts %v, %+v", counts, d.Metrics[0])
		}
		var points int
		err := servers[0].DB.View(t.Context(), func(tx *store.Tx) error {
			return tx.QueryRow("SELECT count(*) FROM trial_metric_point").Scan(&points)
		})
		if err != nil || points != 3*writers*batches {
			t.Errorf("%d points, %v", points, err)
		}
	})
}
