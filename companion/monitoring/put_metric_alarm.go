package monitoring

import (
	"context"
	"fmt"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// PutMetricAlarm makes an alarm, or gives one other settings. A new one is in
// INSUFFICIENT_DATA until it has been evaluated; one that was there keeps its state
// until then.
func (s *Service) PutMetricAlarm(ctx context.Context, in *api.PutMetricAlarmInput) (*api.PutMetricAlarmOutput, error) {
	scope, name := aws.ScopeFrom(ctx), aws.Val(in.AlarmName)
	if err := checkAlarm(in, scope.Account); err != nil {
		return nil, err
	}
	config := *in
	config.Tags = nil
	if config.ActionsEnabled == nil {
		config.ActionsEnabled = aws.Ptr(true)
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		fresh := Alarm{Config: config}
		if _, err := fresh.points(tx, scope, fresh.period()); err != nil { // an expression that cannot be evaluated
			return err
		}
		r, err := findAlarm(tx, scope, name)
		if err != nil {
			return err
		}
		if r != nil {
			a := &r.Body
			a.Config, a.ConfiguredAt, a.HeldUntil = config, tx.Now, tx.Now
			a.note(tx.Now, api.HistoryItemTypeConfigurationUpdate, "", "Alarm %q updated", name)
			return saveAlarm(tx, r)
		}
		r = &alarmRow{Scope: scope, Name: name, ARN: alarmARN(scope, name), Status: string(api.StateValueInsufficientData), Body: Alarm{
			Config: config, ConfiguredAt: tx.Now, State: api.StateValueInsufficientData, Reason: "Unchecked: Initial alarm creation",
			ReasonedAt: tx.Now, TransitionedAt: tx.Now, Tags: map[string]string{},
		}}
		for _, t := range in.Tags {
			r.Body.Tags[aws.Val(t.Key)] = aws.Val(t.Value)
		}
		r.Body.note(tx.Now, api.HistoryItemTypeConfigurationUpdate, "", "Alarm %q created", name)
		return alarms.Insert(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &api.PutMetricAlarmOutput{}, nil
}

// maxEvaluation is how long all periods of an alarm may be together, in seconds.
const maxEvaluation = 86_400

// checkAlarm refuses what contradicts itself, and what is not supported.
func checkAlarm(in *api.PutMetricAlarmInput, account string) error {
	switch in.ComparisonOperator {
	case api.ComparisonOperatorLessThanLowerOrGreaterThanUpperThreshold, api.ComparisonOperatorLessThanLowerThreshold, api.ComparisonOperatorGreaterThanUpperThreshold:
		return invalidCombination("The ComparisonOperator %s is for anomaly detection, which is not supported. Compare with a Threshold.", in.ComparisonOperator)
	}
	switch {
	case !printable(aws.Val(in.AlarmName)):
		return invalidValue("The value for parameter AlarmName is invalid: it has characters that cannot be printed.")
	case in.ThresholdMetricId != nil:
		return invalidCombination("ThresholdMetricId is for anomaly detection, which is not supported. Give a Threshold.")
	case in.Threshold == nil:
		return missing("Threshold")
	case in.DatapointsToAlarm != nil && *in.DatapointsToAlarm > *in.EvaluationPeriods:
		return invalidValue("The value %d for parameter DatapointsToAlarm must not be greater than EvaluationPeriods, %d.", *in.DatapointsToAlarm, *in.EvaluationPeriods)
	}
	switch treat := aws.Val(in.TreatMissingData); treat {
	case "", "missing", "ignore", "breaching", "notBreaching":
	default:
		return invalidValue("The value %s for parameter TreatMissingData is invalid: it is breaching, notBreaching, ignore or missing.", treat)
	}
	if err := checkNumber("Threshold", *in.Threshold); err != nil {
		return err
	}
	if len(in.Metrics) > 0 {
		return checkWatched(in, account)
	}
	return checkWatchedMetric(in)
}

// checkWatchedMetric is about an alarm over one metric.
func checkWatchedMetric(in *api.PutMetricAlarmInput) error {
	for _, m := range []struct {
		name  string
		given bool
	}{{"MetricName", in.MetricName != nil}, {"Namespace", in.Namespace != nil}, {"Period", in.Period != nil}} {
		if !m.given {
			return missing(m.name)
		}
	}
	switch {
	case in.Statistic != "" && in.ExtendedStatistic != nil:
		return exclusive("Statistic", "ExtendedStatistic")
	case in.Statistic == "" && in.ExtendedStatistic == nil:
		return invalidCombination("Must specify either Statistic or ExtendedStatistic")
	case !goodPeriod(*in.Period) || *in.Period < 10:
		return invalidValue("The value %d for parameter Period is invalid: it is 10, 30 or a multiple of 60 seconds.", *in.Period)
	}
	if e := in.ExtendedStatistic; e != nil {
		if st, ok := parseStat(*e); !ok || !st.percentile {
			return invalidValue("The value %s for parameter ExtendedStatistic is invalid: percentiles from p0 to p100 are supported.", *e)
		}
	}
	if _, err := readDimensions("Dimensions", in.Dimensions); err != nil {
		return err
	}
	return checkEvaluation(*in.Period, *in.EvaluationPeriods)
}

// checkWatched is about an alarm over an expression.
func checkWatched(in *api.PutMetricAlarmInput, account string) error {
	if in.MetricName != nil || in.Namespace != nil || in.Period != nil || in.Statistic != "" || in.ExtendedStatistic != nil || in.Dimensions != nil || in.Unit != "" {
		return invalidCombination("Metrics excludes MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic, and you have specified both.")
	}
	queries, err := readQueries(&api.GetMetricDataInput{MetricDataQueries: in.Metrics}, account)
	if err != nil {
		return err
	}
	returned := 0
	for _, q := range queries {
		if q.returned {
			returned++
		}
	}
	if returned != 1 {
		return invalidCombination("Exactly one element of Metrics has to return data, and %d do: set ReturnData to false in the others.", returned)
	}
	a := Alarm{Config: *in}
	return checkEvaluation(int32(a.period().Seconds()), *in.EvaluationPeriods)
}

func checkEvaluation(period, times int32) error {
	if int64(period)*int64(times) > maxEvaluation {
		return invalidCombination("%s", fmt.Sprintf("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= %d).", maxEvaluation))
	}
	return nil
}
