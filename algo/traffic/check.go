package traffic

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// bounds are what a size may be, in percent of a variant's replicas.
type bounds struct{ least, most int32 }

func (b bounds) has(percent int32) bool { return percent >= b.least && percent <= b.most }

// The sizes of steps and batches (Deploy-1, Deploy-2).
func canaryBounds() bounds   { return bounds{1, 50} }
func linearBounds() bounds   { return bounds{10, 50} }
func batchBounds() bounds    { return bounds{5, 50} }
func rollbackBounds() bounds { return bounds{5, 100} }

// Check refuses a DeploymentConfig that contradicts itself, whatever the fleets are
// (Deploy-1 … Deploy-3). nil is blue/green, all at once.
func Check(c *sagemaker.DeploymentConfig) error {
	if c == nil {
		return nil
	}
	switch {
	case c.BlueGreenUpdatePolicy != nil && c.RollingUpdatePolicy != nil:
		return aws.Invalid("DeploymentConfig has a BlueGreenUpdatePolicy and a RollingUpdatePolicy. Give one of them.")
	case c.BlueGreenUpdatePolicy != nil:
		return checkRouting(c.BlueGreenUpdatePolicy.TrafficRoutingConfiguration)
	case c.RollingUpdatePolicy != nil:
		if err := checkSize("RollingUpdatePolicy.MaximumBatchSize", c.RollingUpdatePolicy.MaximumBatchSize, batchBounds()); err != nil {
			return err
		}
		if b := c.RollingUpdatePolicy.RollbackMaximumBatchSize; b != nil {
			return checkSize("RollingUpdatePolicy.RollbackMaximumBatchSize", b, rollbackBounds())
		}
	}
	return nil
}

func checkRouting(r *sagemaker.TrafficRoutingConfig) error {
	canary, linear := r.CanarySize != nil, r.LinearStepSize != nil
	switch r.Type {
	case sagemaker.TrafficRoutingConfigTypeCanary:
		if !canary || linear {
			return aws.Invalid("Traffic routing of the type CANARY needs a CanarySize, and has no LinearStepSize.")
		}
		return checkSize("CanarySize", r.CanarySize, canaryBounds())
	case sagemaker.TrafficRoutingConfigTypeLinear:
		if !linear || canary {
			return aws.Invalid("Traffic routing of the type LINEAR needs a LinearStepSize, and has no CanarySize.")
		}
		return checkSize("LinearStepSize", r.LinearStepSize, linearBounds())
	}
	if canary || linear {
		return aws.Invalid("Traffic routing of the type %s moves all traffic in one step: leave out CanarySize and LinearStepSize.", r.Type)
	}
	return nil
}

// checkSize checks a size in percent; one in instances depends on how many there are.
func checkSize(member string, s *sagemaker.CapacitySize, b bounds) error {
	if s.Type == sagemaker.CapacitySizeTypeCapacityPercent && !b.has(*s.Value) {
		return aws.Invalid("%s is %d percent, and must be from %d to %d percent.", member, *s.Value, b.least, b.most)
	}
	return nil
}

// instances is a size in replicas of a variant that has count, at least one.
func instances(member string, s *sagemaker.CapacitySize, b bounds, count int) (int, error) {
	value := int(*s.Value)
	if s.Type == sagemaker.CapacitySizeTypeCapacityPercent {
		return max((value*count+99)/100, 1), nil
	}
	if 100*value < int(b.least)*count || 100*value > int(b.most)*count {
		return 0, aws.Invalid("%s is %d instances of %d, and must be from %d to %d percent of them. With so few instances, give a size in CAPACITY_PERCENT.", member, value, count, b.least, b.most)
	}
	return value, nil
}
