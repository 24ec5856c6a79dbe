package autoscaling

import (
	"context"
	"math"
	"time"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// measure reads what the policies of a target go by; end is where the last minute
// that is complete ends.
func (s *Service) measure(ctx context.Context, t *store.Row[target], list []*store.Row[policy]) (read map[string]measured, end time.Time) {
	end = s.Now().Add(-s.lag()).Truncate(s.Period)
	read = map[string]measured{}
	for _, row := range list {
		m := measured{rev: row.Rev}
		var err error
		if row.Body.Type == api.PolicyTypeStepScaling {
			if s.Alarms != nil {
				m.firing, err = s.Alarms.Firing(ctx, row.Scope, row.ARN)
			}
		} else {
			m.minutes, err = s.minutes(ctx, t, row, end)
		}
		if err != nil { // of this policy only, such as an expression that is none
			s.Logger.Warn("a scaling policy could not be measured", "policy", row.ARN, "error", err)
			continue
		}
		read[row.Name] = m
	}
	return read, end
}

// minutes is the metric of a target tracking policy, the latest minute last, NaN where
// nothing is known.
func (s *Service) minutes(ctx context.Context, t *store.Row[target], row *store.Row[policy], end time.Time) ([]float64, error) {
	queries, sums := row.Body.queries()
	values, err := s.Metrics.Values(ctx, row.Scope, queries, s.Period, end, lookback)
	if err != nil {
		return nil, err
	}
	for i := range values {
		begin := end.Add(-time.Duration(len(values)-i) * s.Period)
		switch {
		case begin.Before(t.Body.Grown): // it says how it was with fewer instances
			values[i] = math.NaN()
		case math.IsNaN(values[i]) && row.Body.silent() && !begin.Before(t.CreatedAt):
			values[i] = 0
		case sums:
			values[i] *= float64(time.Minute) / float64(s.Period)
		}
	}
	return values, nil
}

// statusOf says how an activity ended.
func statusOf(c *change, v Variant) (api.ScalingActivityStatusCode, string) {
	if v.Instances == c.To {
		return api.ScalingActivityStatusCodeSuccessful, "Successfully set desired instance count to " + count(c.To) + ". Change successfully fulfilled by sagemaker."
	}
	reason := v.Reason
	if reason == "" {
		reason = "The endpoint has " + count(v.Instances) + " instances instead."
	}
	return api.ScalingActivityStatusCodeFailed, "Failed to set desired instance count to " + count(c.To) + ". Reason: " + reason
}

// refusal is the message of a change that an endpoint does not take.
func refusal(c *change, e *aws.Error) string {
	return "Failed to set desired instance count to " + count(c.To) + ". Reason: " + e.Message
}
