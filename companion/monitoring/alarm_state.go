package monitoring

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
)

// datum of an alarm: a period's value, or that there is none.
type alarmPoint struct {
	at    time.Time
	value float64
	there bool
}

// verdict is the state that an alarm's data put it in; retain says that it stays as
// it is.
type verdict struct {
	state  api.StateValue
	retain bool
	// recent are the values that were judged, the latest last, and breaching how many
	// of them are beyond the threshold.
	recent    []alarmPoint
	breaching int
}

// judge evaluates the periods of an alarm, the latest last, as CloudWatch's user guide
// does: of EvaluationPeriods values DatapointsToAlarm must be beyond the threshold.
// There are more periods than that, so that late data do not count as missing; what
// is missing nevertheless is treated as TreatMissingData says.
func judge(c *api.PutMetricAlarmInput, periods []alarmPoint) verdict {
	n := int(*c.EvaluationPeriods)
	least := n
	if c.DatapointsToAlarm != nil {
		least = int(*c.DatapointsToAlarm)
	}
	var v verdict
	for i := len(periods) - 1; i >= 0 && len(v.recent) < n; i-- {
		if periods[i].there {
			v.recent = append([]alarmPoint{periods[i]}, v.recent...)
		}
	}
	for _, p := range v.recent {
		if beyond(c.ComparisonOperator, p.value, *c.Threshold) {
			v.breaching++
		}
	}
	missing, good := n-len(v.recent), len(v.recent)-v.breaching
	state := func(is bool) api.StateValue {
		if is {
			return api.StateValueAlarm
		}
		return api.StateValueOk
	}
	switch treat := aws.Val(c.TreatMissingData); {
	case treat == "breaching":
		v.state = state(v.breaching+missing >= least)
	case treat == "notBreaching" || missing == 0:
		v.state = state(v.breaching >= least)
	case treat == "ignore":
		v.state, v.retain = state(v.breaching >= least), v.breaching < least && good == 0
	case len(v.recent) == 0:
		v.state = api.StateValueInsufficientData
	default: // what is there decides
		v.state = state(v.breaching >= least || good == 0)
	}
	return v
}

// beyond says whether a value breaches the threshold.
func beyond(op api.ComparisonOperator, value, threshold float64) bool {
	switch op {
	case api.ComparisonOperatorGreaterThanOrEqualToThreshold:
		return value >= threshold
	case api.ComparisonOperatorGreaterThanThreshold:
		return value > threshold
	case api.ComparisonOperatorLessThanThreshold:
		return value < threshold
	}
	return value <= threshold
}

// comparison is the operator in the words of a state's reason, which clients read.
func comparison(op api.ComparisonOperator, is bool) string {
	words := map[api.ComparisonOperator]string{
		api.ComparisonOperatorGreaterThanOrEqualToThreshold: "greater than or equal to",
		api.ComparisonOperatorGreaterThanThreshold:          "greater than",
		api.ComparisonOperatorLessThanThreshold:             "less than",
		api.ComparisonOperatorLessThanOrEqualToThreshold:    "less than or equal to",
	}[op]
	if !is {
		return "not " + words
	}
	return words
}

// reason is why the data put an alarm into its state, as CloudWatch words it.
func (v verdict) reason(c *api.PutMetricAlarmInput) string {
	if v.state == api.StateValueInsufficientData {
		return fmt.Sprintf("Insufficient Data: %d datapoints were unknown.", *c.EvaluationPeriods)
	}
	if len(v.recent) == 0 {
		treated := "was treated as [NonBreaching]"
		if v.state == api.StateValueAlarm {
			treated = "was treated as [Breaching]"
		}
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %d %s and %d missing %s %s.",
			*c.EvaluationPeriods, plural("period", int(*c.EvaluationPeriods)), *c.EvaluationPeriods, plural("datapoint", int(*c.EvaluationPeriods)), treated)
	}
	count, is := v.breaching, v.state == api.StateValueAlarm
	if !is {
		count = len(v.recent) - v.breaching
	}
	var values []string
	for _, p := range v.recent {
		if beyond(c.ComparisonOperator, p.value, *c.Threshold) == is {
			values = append([]string{fmt.Sprintf("%s (%s)", number(p.value), p.at.UTC().Format("02/01/06 15:04:05"))}, values...)
		}
	}
	verb := "was"
	if count != 1 {
		verb = "were"
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s the threshold (%s).",
		count, len(v.recent), strings.Join(values, ", "), verb, comparison(c.ComparisonOperator, is), number(*c.Threshold))
}

func plural(word string, n int) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// number is a number with a decimal point, as CloudWatch writes it.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// data is the reason in JSON.
func (v verdict) data(c *api.PutMetricAlarmInput, period time.Duration, now time.Time) string {
	const form = "2006-01-02T15:04:05.000-0700"
	recent := make([]float64, len(v.recent))
	for i, p := range v.recent {
		recent[i] = p.value
	}
	fields := map[string]any{
		"version": "1.0", "queryDate": now.UTC().Format(form), "period": int64(period / time.Second), "recentDatapoints": recent, "threshold": *c.Threshold,
	}
	if c.Statistic != "" {
		fields["statistic"] = c.Statistic
	}
	if len(v.recent) > 0 {
		fields["startDate"] = v.recent[0].at.UTC().Format(form)
	}
	return mustMap(fields)
}

// mustMap encodes a map of strings and finite numbers, which cannot fail.
func mustMap(m map[string]any) string {
	b, err := json.Marshal(m)
	if err != nil {
		panic("monitoring: " + err.Error())
	}
	return string(b)
}
