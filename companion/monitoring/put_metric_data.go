package monitoring

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// What one call may carry, and from when.
const (
	maxData   = 1000
	maxValues = 150
	maxPast   = 14 * 24 * time.Hour
	maxFuture = 2 * time.Hour
)

// PutMetricData stores the caller's own reports, all or none of them.
func (s *Service) PutMetricData(ctx context.Context, in *api.PutMetricDataInput) (*api.PutMetricDataOutput, error) {
	namespace := aws.Val(in.Namespace)
	if strings.HasPrefix(namespace, "AWS/") {
		return nil, invalidValue("The value AWS/ for parameter Namespace is invalid.")
	}
	if !printable(namespace) {
		return nil, invalidValue("The value %q for parameter Namespace is invalid: it holds control characters.", namespace)
	}
	if len(in.MetricData) > maxData {
		return nil, invalidValue("The collection MetricData must not have a size greater than %d.", maxData)
	}
	scope := aws.ScopeFrom(ctx)
	return &api.PutMetricDataOutput{}, s.db.Update(ctx, func(tx *store.Tx) error {
		var data []Datum
		for i, d := range in.MetricData {
			more, err := readDatum(fmt.Sprintf("MetricData.member.%d", i+1), d, tx.Now)
			if err != nil {
				return err
			}
			data = append(data, more...)
		}
		return publish(tx, scope, namespace, data, uncounted)
	})
}

// readDatum checks one element; a list of values becomes several data.
func readDatum(at string, d *api.MetricDatum, now time.Time) ([]Datum, error) {
	base := Datum{Name: aws.Val(d.MetricName), Time: now, Unit: string(d.Unit)}
	if !printable(base.Name) {
		return nil, invalidValue("The value %q for parameter %s.MetricName is invalid: it holds control characters.", base.Name, at)
	}
	var err error
	if base.Dimensions, err = readDimensions(at+".Dimensions", d.Dimensions); err != nil {
		return nil, err
	}
	if d.Timestamp != nil {
		base.Time = *d.Timestamp
		if age := now.Sub(base.Time); age > maxPast || age < -maxFuture {
			return nil, invalidValue("The parameter %s.Timestamp must specify a time within the past two weeks and not more than two hours ahead.", at)
		}
	}
	switch r := aws.Val(d.StorageResolution); r {
	case 0, 60:
	case 1:
		base.HighResolution = true
	default:
		return nil, invalidValue("The value %d for parameter %s.StorageResolution is invalid: it is 1 or 60.", r, at)
	}
	switch {
	case d.Value != nil && d.Values != nil:
		return nil, exclusive(at+".Value", at+".Values")
	case d.Value != nil && d.StatisticValues != nil:
		return nil, exclusive(at+".Value", at+".StatisticValues")
	case d.Values != nil && d.StatisticValues != nil:
		return nil, exclusive(at+".Values", at+".StatisticValues")
	case d.Value != nil:
		base.Value, base.Count = *d.Value, 1
		return []Datum{base}, checkNumber(at+".Value", *d.Value)
	case d.StatisticValues != nil:
		base.Set, err = readSet(at+".StatisticValues", d.StatisticValues)
		return []Datum{base}, err
	case d.Values != nil:
		return readValues(at, base, d)
	}
	return nil, aws.Errorf(aws.MissingRequiredParameter,
		"At least one of the parameters %[1]s.Value, %[1]s.Values or %[1]s.StatisticValues must be specified.", at)
}

// readValues spreads Values and Counts over data.
func readValues(at string, base Datum, d *api.MetricDatum) ([]Datum, error) {
	if len(d.Values) > maxValues {
		return nil, invalidValue("The collection %s.Values must not have a size greater than %d.", at, maxValues)
	}
	if d.Counts != nil && len(d.Counts) != len(d.Values) {
		return nil, invalidValue("The parameters %s.Values and %s.Counts must be of the same size.", at, at)
	}
	var out []Datum
	for i, v := range d.Values {
		base.Value, base.Count = v, 1
		if err := checkNumber(at+".Values", v); err != nil {
			return nil, err
		}
		if d.Counts != nil {
			base.Count = d.Counts[i]
			if err := checkNumber(at+".Counts", base.Count); err != nil {
				return nil, err
			}
			if base.Count <= 0 {
				return nil, invalidValue("The value %v for parameter %s.Counts is invalid: a count is greater than 0.", base.Count, at)
			}
		}
		out = append(out, base)
	}
	return out, nil
}

// readSet checks a statistic set.
func readSet(at string, s *api.StatisticSet) (*StatisticSet, error) {
	set := StatisticSet{aws.Val(s.SampleCount), aws.Val(s.Sum), aws.Val(s.Minimum), aws.Val(s.Maximum)}
	for i, v := range []float64{set.SampleCount, set.Sum, set.Minimum, set.Maximum} {
		if err := checkNumber(at+[]string{".SampleCount", ".Sum", ".Minimum", ".Maximum"}[i], v); err != nil {
			return nil, err
		}
	}
	if set.SampleCount <= 0 {
		return nil, invalidValue("The parameter %s.SampleCount must be greater than 0.", at)
	}
	if set.Maximum < set.Minimum {
		return nil, invalidValue("The parameter %s.Maximum must be greater than %s.Minimum.", at, at)
	}
	return &set, nil
}

// checkNumber refuses what CloudWatch cannot hold.
func checkNumber(at string, v float64) error {
	if limit := math.Pow(2, 360); math.IsNaN(v) || math.Abs(v) > limit {
		return invalidValue("The value %v for parameter %s is invalid.", v, at)
	}
	return nil
}

// readDimensions refuses a dimension that is named twice.
func readDimensions(at string, ds []*api.Dimension) ([]Dimension, error) {
	out := make([]Dimension, 0, len(ds))
	seen := make(map[string]bool, len(ds))
	for _, d := range ds {
		name := aws.Val(d.Name)
		if seen[name] {
			return nil, invalidValue("The parameter %s names %q twice; each dimension has one value.", at, name)
		}
		seen[name] = true
		out = append(out, Dimension{name, aws.Val(d.Value)})
	}
	return out, nil
}

// printable says whether s is text without control characters, which databases
// would not keep or find again.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
