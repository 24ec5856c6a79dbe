package autoscaling

import (
	"math"
	"reflect"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxSteps is how many steps a policy has.
const maxSteps = 20

// checkTracking refuses a target tracking policy that says nothing, or what cannot be
// measured here.
func checkTracking(r resource, t *api.TargetTrackingScalingPolicyConfiguration, others []*store.Row[policy]) error {
	p, c := t.PredefinedMetricSpecification, t.CustomizedMetricSpecification
	switch {
	case !(*t.TargetValue > 0) || math.IsInf(*t.TargetValue, 0):
		return aws.Invalid("TargetValue is %v, and must be a number above 0.", *t.TargetValue)
	case (p == nil) == (c == nil):
		return aws.Invalid("A target tracking policy has either a PredefinedMetricSpecification or a CustomizedMetricSpecification.")
	}
	if err := checkCooldowns(t.ScaleOutCooldown, t.ScaleInCooldown); err != nil {
		return err
	}
	for _, o := range others {
		x := o.Body.Target
		if x != nil && reflect.DeepEqual(x.PredefinedMetricSpecification, p) && reflect.DeepEqual(x.CustomizedMetricSpecification, c) {
			return aws.Invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed: the policy %s has the same.", o.Body.Name)
		}
	}
	if c != nil {
		return checkCustomized(c)
	}
	switch {
	case p.PredefinedMetricType != api.MetricTypeSageMakerVariantInvocationsPerInstance:
		return aws.Invalid("The PredefinedMetricType %s is not one of the dimension %s: use %s.", p.PredefinedMetricType, r.Dimension, api.MetricTypeSageMakerVariantInvocationsPerInstance)
	case p.ResourceLabel != nil:
		return aws.Invalid("The PredefinedMetricType %s takes no ResourceLabel.", p.PredefinedMetricType)
	}
	return nil
}

// checkCustomized refuses a metric that is not one.
func checkCustomized(c *api.CustomizedMetricSpecification) error {
	if c.Metrics == nil {
		if c.MetricName == nil || c.Namespace == nil || c.Statistic == "" {
			return aws.Invalid("A CustomizedMetricSpecification has MetricName, Namespace and Statistic, or Metrics.")
		}
		return nil
	}
	if c.MetricName != nil || c.Namespace != nil || c.Statistic != "" || c.Unit != nil || c.Dimensions != nil {
		return aws.Invalid("A CustomizedMetricSpecification with Metrics has no MetricName, Namespace, Dimensions, Statistic or Unit beside it.")
	}
	returned := 0
	for _, q := range c.Metrics {
		if (q.Expression == nil) == (q.MetricStat == nil) {
			return aws.Invalid("The metric %s has either an Expression or a MetricStat.", *q.Id)
		}
		if q.ReturnData == nil || *q.ReturnData {
			returned++
		}
	}
	if returned != 1 {
		return aws.Invalid("Exactly one of the Metrics returns data, not %d: set ReturnData to false for the others.", returned)
	}
	return nil
}

// checkSteps refuses steps that say nothing, and all where there are no alarms.
func (s *Service) checkSteps(c *api.StepScalingPolicyConfiguration) error {
	switch {
	case s.Alarms == nil:
		return aws.Invalid("Policies of the type StepScaling are not supported yet, because nothing could trigger them. Use TargetTrackingScaling.")
	case c.AdjustmentType == "":
		return aws.Invalid("A step scaling policy needs an AdjustmentType.")
	case len(c.StepAdjustments) > maxSteps:
		return errLimit("step adjustments in a policy", maxSteps)
	case c.MinAdjustmentMagnitude != nil && (c.AdjustmentType != api.AdjustmentTypePercentChangeInCapacity || *c.MinAdjustmentMagnitude < 0):
		return aws.Invalid("MinAdjustmentMagnitude is for the AdjustmentType PercentChangeInCapacity, and not below 0.")
	}
	if err := checkCooldowns(c.Cooldown); err != nil {
		return err
	}
	if err := steps(c, 0).Check(); err != nil {
		return aws.Invalid("The step adjustments are not good: %s.", err)
	}
	return nil
}

// steps is a configuration as package scaling takes it.
func steps(c *api.StepScalingPolicyConfiguration, cooldown time.Duration) scaling.Steps {
	p := scaling.Steps{Adjustment: scaling.Adjustment(c.AdjustmentType), Magnitude: int(aws.Val(c.MinAdjustmentMagnitude)), Cooldown: cooldown}
	for _, a := range c.StepAdjustments {
		step := scaling.Step{Lower: math.Inf(-1), Upper: math.Inf(1), Adjustment: int(aws.Val(a.ScalingAdjustment))}
		if a.MetricIntervalLowerBound != nil {
			step.Lower = *a.MetricIntervalLowerBound
		}
		if a.MetricIntervalUpperBound != nil {
			step.Upper = *a.MetricIntervalUpperBound
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// checkCooldowns refuses times that cannot be.
func checkCooldowns(seconds ...*int32) error {
	for _, n := range seconds {
		if n != nil && *n < 0 {
			return aws.Invalid("A cooldown of %d seconds cannot be.", *n)
		}
	}
	return nil
}
