package monitoring

import (
	"strings"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
)

// The tables of CloudWatch's user guide about missing data: five periods are looked
// at for three EvaluationPeriods; X is beyond the threshold, 0 is not, - is missing.
func TestMissingData(t *testing.T) {
	t.Parallel()
	const ok, alarm, insufficient, retain = "OK", "ALARM", "INSUFFICIENT_DATA", ""
	for _, c := range []struct {
		periods                               string
		least                                 int32
		missing, ignore, breaching, notBreach string
	}{
		{"0-X-X", 3, ok, ok, ok, ok},
		{"----0", 3, ok, ok, ok, ok},
		{"-----", 3, insufficient, retain, alarm, ok},
		{"0XX-X", 3, alarm, alarm, alarm, alarm},
		{"--X--", 3, alarm, retain, alarm, ok},
		{"0-X-X", 2, alarm, alarm, alarm, alarm},
		{"00X0X", 2, alarm, alarm, alarm, alarm},
		{"0-X--", 2, ok, ok, alarm, ok},
		{"----0", 2, ok, ok, alarm, ok},
		{"----X", 2, alarm, retain, alarm, ok},
	} {
		var points []alarmPoint
		for i, r := range c.periods {
			points = append(points, alarmPoint{at: time.Unix(int64(60*i), 0), there: r != '-', value: float64(strings.IndexRune("0X", r))})
		}
		for treat, want := range map[string]string{"": c.missing, "missing": c.missing, "ignore": c.ignore, "breaching": c.breaching, "notBreaching": c.notBreach} {
			v := judge(&api.PutMetricAlarmInput{
				EvaluationPeriods: aws.Ptr[int32](3), DatapointsToAlarm: &c.least, Threshold: aws.Ptr(0.5),
				ComparisonOperator: api.ComparisonOperatorGreaterThanThreshold, TreatMissingData: aws.Optional(treat),
			}, points)
			got := string(v.state)
			if v.retain {
				got = retain
			}
			if got != want {
				t.Errorf("%s, %d of 3, %q: %s, want %s", c.periods, c.least, treat, got, want)
			}
		}
	}
}

// Every comparison, at, below and above the threshold, and the words for it.
func TestComparisons(t *testing.T) {
	t.Parallel()
	for op, want := range map[api.ComparisonOperator]string{
		api.ComparisonOperatorGreaterThanOrEqualToThreshold: "011", api.ComparisonOperatorGreaterThanThreshold: "001",
		api.ComparisonOperatorLessThanThreshold: "100", api.ComparisonOperatorLessThanOrEqualToThreshold: "110",
	} {
		got := ""
		for _, v := range []float64{1, 2, 3} {
			if beyond(op, v, 2) {
				got += "1"
			} else {
				got += "0"
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", op, got, want)
		}
	}
	c := &api.PutMetricAlarmInput{EvaluationPeriods: aws.Ptr[int32](1), Threshold: aws.Ptr(1.0), ComparisonOperator: api.ComparisonOperatorGreaterThanThreshold}
	at := time.Date(2026, 11, 26, 22, 0, 0, 0, time.UTC)
	for value, want := range map[float64]string{
		5:   "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (26/11/26 22:00:00)] was greater than the threshold (1.0).",
		0.5: "Threshold Crossed: 1 out of the last 1 datapoints [0.5 (26/11/26 22:00:00)] was not greater than the threshold (1.0).",
	} {
		if got := judge(c, []alarmPoint{{at, value, true}}).reason(c); got != want {
			t.Errorf("%s", got)
		}
	}
}
