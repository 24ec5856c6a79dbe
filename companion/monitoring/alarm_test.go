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
)

// errors is an alarm over the sum of metric "m", which goes off above 1.
func errorsAlarm(name string) *api.PutMetricAlarmInput {
	return &api.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.Ptr("ns"), MetricName: aws.Ptr("m"), Statistic: api.StatisticSum, Period: aws.Ptr[int32](60),
		EvaluationPeriods: aws.Ptr[int32](1), Threshold: aws.Ptr(1.0), ComparisonOperator: api.ComparisonOperatorGreaterThanThreshold,
	}
}

func describe(t *testing.T, s *monitoring.Service, ctx context.Context, name string) *api.MetricAlarm {
	t.Helper()
	out, err := s.DescribeAlarms(ctx, &api.DescribeAlarmsInput{AlarmNames: []string{name}})
	if err != nil || len(out.MetricAlarms) != 1 {
		t.Fatalf("%v, %d alarms", err, len(out.MetricAlarms))
	}
	return out.MetricAlarms[0]
}

func makeAlarm(t *testing.T, s *monitoring.Service, ctx context.Context, in *api.PutMetricAlarmInput) {
	t.Helper()
	if _, err := s.PutMetricAlarm(ctx, in); err != nil {
		t.Fatal(err)
	}
}

// Deploy-3: an alarm is in the state that its data say as soon as they are there; a
// state that was set stays until the next period.
//
// covers: monitoring.PutMetricAlarm
// covers: monitoring.DescribeAlarms
// covers: monitoring.SetAlarmState
// covers: monitoring.DescribeAlarmHistory
// covers: monitoring.DeleteAlarms
func TestAlarms(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		scope := aws.ScopeFrom(ctx)
		makeAlarm(t, s, ctx, errorsAlarm("e"))
		a := describe(t, s, ctx, "e")
		if a.StateValue != api.StateValueInsufficientData || *a.StateReason != "Unchecked: Initial alarm creation" || !*a.ActionsEnabled || !strings.HasSuffix(*a.AlarmArn, ":alarm:e") {
			t.Errorf("%+v", a)
		}
		now := time.Now()
		put(t, s, ctx, value(now, 1), value(now, 2))
		if got, err := s.InAlarm(ctx, scope, []string{"none", "e"}); err != nil || got != "e" {
			t.Errorf("%q, %v", got, err)
		}
		a = describe(t, s, ctx, "e")
		if a.StateValue != api.StateValueAlarm || !strings.Contains(*a.StateReason, "[3.0 (") || !strings.Contains(*a.StateReasonData, `"recentDatapoints":[3]`) || !a.StateTransitionedTimestamp.Equal(*a.StateUpdatedTimestamp) {
			t.Errorf("%s: %s %s", a.StateValue, *a.StateReason, aws.Val(a.StateReasonData))
		}
		if _, err := s.SetAlarmState(ctx, &api.SetAlarmStateInput{AlarmName: aws.Ptr("e"), StateValue: api.StateValueOk, StateReason: aws.Ptr("because")}); err != nil {
			t.Fatal(err)
		}
		if a = describe(t, s, ctx, "e"); a.StateValue != api.StateValueOk || *a.StateReason != "because" {
			t.Errorf("%+v", a)
		}
		makeAlarm(t, s, ctx, errorsAlarm("e")) // evaluated anew
		if a = describe(t, s, ctx, "e"); a.StateValue != api.StateValueAlarm {
			t.Errorf("%+v", a)
		}
		h, err := s.DescribeAlarmHistory(ctx, &api.DescribeAlarmHistoryInput{AlarmName: aws.Ptr("e"), ScanBy: api.ScanByTimestampAscending})
		var said []string
		for _, i := range h.AlarmHistoryItems {
			said = append(said, *i.HistorySummary)
		}
		if err != nil || !slices.Equal(said, []string{`Alarm "e" created`, "Alarm updated from INSUFFICIENT_DATA to ALARM", "Alarm updated from ALARM to OK", `Alarm "e" updated`, "Alarm updated from OK to ALARM"}) {
			t.Errorf("%v, %q", err, said)
		}
		page, err := s.DescribeAlarmHistory(ctx, &api.DescribeAlarmHistoryInput{HistoryItemType: api.HistoryItemTypeStateUpdate, MaxRecords: aws.Ptr[int32](2)})
		if err != nil || len(page.AlarmHistoryItems) != 2 || page.NextToken == nil || *page.AlarmHistoryItems[0].HistorySummary != "Alarm updated from OK to ALARM" {
			t.Errorf("%v, %+v", err, page)
		}
		if _, err := s.DeleteAlarms(ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"e", "none"}}); aws.CodeOf(err) != aws.ResourceNotFound {
			t.Errorf("%v", err)
		}
		if missing, err := s.Missing(ctx, scope, []string{"e", "none"}); err != nil || !slices.Equal(missing, []string{"none"}) {
			t.Errorf("%v, %v", missing, err)
		}
		if _, err := s.DeleteAlarms(ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"e"}}); err != nil {
			t.Error(err)
		}
		if got, err := s.InAlarm(ctx, scope, []string{"e"}); err != nil || got != "" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// A value that may still become good does not count before its period is over.
func TestPresentPeriod(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		few := errorsAlarm("few")
		few.ComparisonOperator = api.ComparisonOperatorLessThanThreshold
		few.Period = aws.Ptr[int32](3600)
		least := errorsAlarm("least")
		least.ComparisonOperator, least.Statistic, least.Period = api.ComparisonOperatorLessThanThreshold, api.StatisticMinimum, few.Period
		makeAlarm(t, s, ctx, few)
		makeAlarm(t, s, ctx, least)
		put(t, s, ctx, value(time.Now(), 0.5))
		if a := describe(t, s, ctx, "few"); a.StateValue != api.StateValueInsufficientData {
			t.Errorf("a sum that may grow: %s", a.StateValue)
		}
		if a := describe(t, s, ctx, "least"); a.StateValue != api.StateValueAlarm {
			t.Errorf("a minimum that is below: %s", a.StateValue)
		}
	})
}

// Alarms over expressions, and those that are evaluated when nobody asks.
func TestExpressionAlarm(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		name := "rate"
		stat := func(id, statistic string) *api.MetricDataQuery {
			return &api.MetricDataQuery{Id: &id, ReturnData: aws.Ptr(false), MetricStat: &api.MetricStat{
				Metric: &api.Metric{Namespace: aws.Ptr("ns"), MetricName: aws.Ptr("m")}, Period: aws.Ptr[int32](60), Stat: &statistic}}
		}
		in := &api.PutMetricAlarmInput{
			AlarmName: &name, EvaluationPeriods: aws.Ptr[int32](1), Threshold: aws.Ptr(2.0), ComparisonOperator: api.ComparisonOperatorGreaterThanOrEqualToThreshold,
			Metrics: []*api.MetricDataQuery{stat("a", "Sum"), stat("b", "SampleCount"), {Id: aws.Ptr("r"), Expression: aws.Ptr("a / b")}},
		}
		makeAlarm(t, s, ctx, in)
		now := time.Now()
		put(t, s, ctx, value(now, 3), value(now, 2))
		watched, stop := context.WithCancel(ctx)
		done := make(chan bool)
		go func() {
			s.Watch(watched, time.Millisecond, func(err error) { t.Error(err) })
			close(done)
		}()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
			h, err := s.DescribeAlarmHistory(ctx, &api.DescribeAlarmHistoryInput{HistoryItemType: api.HistoryItemTypeStateUpdate, AlarmName: &name})
			if err == nil && len(h.AlarmHistoryItems) == 1 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%v", err)
			}
		}
		stop()
		<-done
		a := describe(t, s, ctx, name)
		if a.StateValue != api.StateValueAlarm || len(a.Metrics) != 3 || !strings.Contains(*a.StateReason, "[2.5 (") {
			t.Errorf("%s %s", a.StateValue, *a.StateReason)
		}
	})
}

// covers: monitoring.DescribeAlarmsForMetric
// covers: monitoring.EnableAlarmActions
// covers: monitoring.DisableAlarmActions
func TestAlarmLists(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		for i := range 5 {
			in := errorsAlarm(fmt.Sprintf("a%d", i))
			if i == 3 {
				in.Dimensions = []*api.Dimension{{Name: aws.Ptr("VariantName"), Value: aws.Ptr("v")}}
				in.AlarmActions = []string{"arn:aws:sns:us-east-1:111111111111:topic"}
			}
			makeAlarm(t, s, ctx, in)
		}
		list := func(in api.DescribeAlarmsInput) (names []string, next *string) {
			t.Helper()
			out, err := s.DescribeAlarms(ctx, &in)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range out.MetricAlarms {
				names = append(names, *a.AlarmName)
			}
			return names, out.NextToken
		}
		names, next := list(api.DescribeAlarmsInput{AlarmNamePrefix: aws.Ptr("a"), MaxRecords: aws.Ptr[int32](3)})
		if !slices.Equal(names, []string{"a0", "a1", "a2"}) || next == nil {
			t.Errorf("%v", names)
		}
		if names, next = list(api.DescribeAlarmsInput{NextToken: next}); !slices.Equal(names, []string{"a3", "a4"}) || next != nil {
			t.Errorf("%v", names)
		}
		for what, in := range map[string]api.DescribeAlarmsInput{
			"action": {ActionPrefix: aws.Ptr("arn:aws:sns")}, "none": {StateValue: api.StateValueAlarm}, "composite": {AlarmTypes: []api.AlarmType{api.AlarmTypeCompositeAlarm}},
		} {
			want := map[string][]string{"action": {"a3"}}[what]
			if names, _ := list(in); !slices.Equal(names, want) {
				t.Errorf("%s: %v", what, names)
			}
		}
		out, err := s.DescribeAlarmsForMetric(ctx, &api.DescribeAlarmsForMetricInput{Namespace: aws.Ptr("ns"), MetricName: aws.Ptr("m"),
			Dimensions: []*api.Dimension{{Name: aws.Ptr("VariantName"), Value: aws.Ptr("v")}}})
		if err != nil || len(out.MetricAlarms) != 1 || *out.MetricAlarms[0].AlarmName != "a3" {
			t.Errorf("%v, %+v", err, out)
		}
		if _, err := s.DisableAlarmActions(ctx, &api.DisableAlarmActionsInput{AlarmNames: []string{"a3", "none"}}); err != nil || *describe(t, s, ctx, "a3").ActionsEnabled {
			t.Errorf("%v", err)
		}
		if _, err := s.EnableAlarmActions(ctx, &api.EnableAlarmActionsInput{AlarmNames: []string{"a3"}}); err != nil || !*describe(t, s, ctx, "a3").ActionsEnabled {
			t.Errorf("%v", err)
		}
	})
}

// covers: monitoring.TagResource
// covers: monitoring.UntagResource
// covers: monitoring.ListTagsForResource
func TestAlarmTags(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		in := errorsAlarm("e")
		in.Tags = []*api.Tag{{Key: aws.Ptr("team"), Value: aws.Ptr("a")}}
		makeAlarm(t, s, ctx, in)
		arn := describe(t, s, ctx, "e").AlarmArn
		if _, err := s.TagResource(ctx, &api.TagResourceInput{ResourceARN: arn, Tags: []*api.Tag{{Key: aws.Ptr("env"), Value: aws.Ptr("b")}, {Key: aws.Ptr("team"), Value: aws.Ptr("c")}}}); err != nil {
			t.Fatal(err)
		}
		tags := func() (said []string) {
			out, err := s.ListTagsForResource(ctx, &api.ListTagsForResourceInput{ResourceARN: arn})
			if err != nil {
				t.Fatal(err)
			}
			for _, tag := range out.Tags {
				said = append(said, *tag.Key+"="+*tag.Value)
			}
			return said
		}
		if got := tags(); !slices.Equal(got, []string{"env=b", "team=c"}) {
			t.Errorf("%v", got)
		}
		if _, err := s.UntagResource(ctx, &api.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"team", "none"}}); err != nil {
			t.Fatal(err)
		}
		if got := tags(); !slices.Equal(got, []string{"env=b"}) {
			t.Errorf("%v", got)
		}
		other := aws.Ptr(strings.Replace(*arn, "111111111111", "222222222222", 1))
		if _, err := s.ListTagsForResource(ctx, &api.ListTagsForResourceInput{ResourceARN: other}); aws.CodeOf(err) != aws.ResourceNotFoundException {
			t.Errorf("%v", err)
		}
	})
}

// What contradicts itself, and what is not supported, is refused and says why.
func TestAlarmRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *monitoring.Service, ctx context.Context) {
		for want, change := range map[string]func(in *api.PutMetricAlarmInput){
			"anomaly detection": func(in *api.PutMetricAlarmInput) {
				in.ComparisonOperator = api.ComparisonOperatorGreaterThanUpperThreshold
			},
			"ThresholdMetricId is for anomaly": func(in *api.PutMetricAlarmInput) { in.ThresholdMetricId = aws.Ptr("m") },
			"The parameter Threshold is":       func(in *api.PutMetricAlarmInput) { in.Threshold = nil },
			"greater than EvaluationPeriods":   func(in *api.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Ptr[int32](2) },
			"breaching, notBreaching, ignore":  func(in *api.PutMetricAlarmInput) { in.TreatMissingData = aws.Ptr("never") },
			"The parameter Namespace is":       func(in *api.PutMetricAlarmInput) { in.Namespace = nil },
			"either Statistic or Extended":     func(in *api.PutMetricAlarmInput) { in.Statistic = "" },
			"mutually exclusive":               func(in *api.PutMetricAlarmInput) { in.ExtendedStatistic = aws.Ptr("p99") },
			"percentiles from p0":              func(in *api.PutMetricAlarmInput) { in.Statistic, in.ExtendedStatistic = "", aws.Ptr("tm99") },
			"10, 30 or a multiple of 60":       func(in *api.PutMetricAlarmInput) { in.Period = aws.Ptr[int32](5) },
			"more than a day":                  func(in *api.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Ptr[int32](1441) },
			"you have specified both": func(in *api.PutMetricAlarmInput) {
				in.Metrics = []*api.MetricDataQuery{{Id: aws.Ptr("m"), Expression: aws.Ptr("1")}}
			},
			"Exactly one element of Metrics": func(in *api.PutMetricAlarmInput) {
				*in = api.PutMetricAlarmInput{AlarmName: in.AlarmName, Threshold: in.Threshold, EvaluationPeriods: in.EvaluationPeriods, ComparisonOperator: in.ComparisonOperator, Metrics: []*api.MetricDataQuery{{Id: aws.Ptr("m"), ReturnData: aws.Ptr(false), Expression: aws.Ptr("m1")}}}
			},
		} {
			in := errorsAlarm("e")
			change(in)
			if _, err := s.PutMetricAlarm(ctx, in); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		scalar := errorsAlarm("e")
		*scalar = api.PutMetricAlarmInput{AlarmName: scalar.AlarmName, Threshold: scalar.Threshold, EvaluationPeriods: scalar.EvaluationPeriods,
			ComparisonOperator: scalar.ComparisonOperator, Metrics: []*api.MetricDataQuery{{Id: aws.Ptr("m"), Expression: aws.Ptr("1")}}}
		if _, err := s.PutMetricAlarm(ctx, scalar); err == nil || !strings.Contains(err.Error(), "must be a time series") {
			t.Errorf("%v", err)
		}
		for want, err := range map[string]error{
			"composite alarms": func() error {
				_, err := s.DescribeAlarms(ctx, &api.DescribeAlarmsInput{ParentsOfAlarmName: aws.Ptr("e")})
				return err
			}(),
			"AlarmNamePrefix and Alarm": func() error {
				_, err := s.DescribeAlarms(ctx, &api.DescribeAlarmsInput{AlarmNamePrefix: aws.Ptr("e"), AlarmNames: []string{"e"}})
				return err
			}(),
			"no alarm with the name": func() error {
				_, err := s.SetAlarmState(ctx, &api.SetAlarmStateInput{AlarmName: aws.Ptr("none"), StateReason: aws.Ptr("x"), StateValue: api.StateValueOk})
				return err
			}(),
			"StateReasonData is no JSON": func() error {
				_, err := s.SetAlarmState(ctx, &api.SetAlarmStateInput{AlarmName: aws.Ptr("e"), StateReasonData: aws.Ptr("{"), StateReason: aws.Ptr("x"), StateValue: api.StateValueOk})
				return err
			}(),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})
}
