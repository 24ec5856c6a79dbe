package traffic

import (
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Step is what is true after a step.
type Step struct {
	// Old and New are the replicas of each variant of the fleets.
	Old, New []int
	// Share is how much of the traffic goes to the new fleet, from 0 to 1.
	Share float64
}

// Plan is how one update goes. It does not change while the update is under way.
type Plan struct {
	// Rolling says that the old fleet ends batch by batch.
	Rolling bool
	// Old is the replicas of each variant of the old fleet before the update.
	Old []int
	// Steps lead from the old fleet to the new one; the last has no old traffic.
	Steps []Step
	// Back is how many replicas of each old variant are started again at once on the
	// way back of a rolling update.
	Back []int `json:",omitempty"`
	// Wait is between steps, and after the last one when there are alarms to watch.
	Wait time.Duration
	// TerminationWait is before the old fleet of a blue/green update ends.
	TerminationWait time.Duration
	// Timeout is what all steps may take together, 0 for any time.
	Timeout time.Duration
	// Alarms says that alarms are watched, and lead back.
	Alarms bool
}

// Make plans the update of a fleet with these replicas of each variant by a new one.
func Make(c *sagemaker.DeploymentConfig, before, after []int) (*Plan, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	p := &Plan{Old: before}
	whole := Step{Old: before, New: after, Share: 1}
	if c == nil {
		p.Steps = []Step{whole}
		return p, nil
	}
	p.Alarms = c.AutoRollbackConfiguration != nil && len(c.AutoRollbackConfiguration.Alarms) > 0
	var err error
	switch {
	case c.RollingUpdatePolicy != nil:
		err = p.roll(c.RollingUpdatePolicy, before, after)
	case c.BlueGreenUpdatePolicy != nil:
		b := c.BlueGreenUpdatePolicy
		p.Wait = seconds(b.TrafficRoutingConfiguration.WaitIntervalInSeconds)
		p.TerminationWait = seconds(b.TerminationWaitInSeconds)
		p.Timeout = seconds(b.MaximumExecutionTimeoutInSeconds)
		err = p.shift(b.TrafficRoutingConfiguration, whole)
	default:
		p.Steps = []Step{whole}
	}
	if err != nil {
		return nil, err
	}
	if waits := p.waits(); p.Timeout > 0 && p.Timeout <= waits {
		return nil, aws.Invalid("MaximumExecutionTimeoutInSeconds is %d, and the waits of the deployment are %d seconds together. Give more time, or wait less.", p.Timeout/time.Second, waits/time.Second)
	}
	return p, nil
}

// waits is the time in which nothing is done but waiting.
func (p *Plan) waits() time.Duration {
	n := len(p.Steps)
	if !p.Alarms {
		n--
	}
	return time.Duration(n)*p.Wait + p.TerminationWait
}

// shift plans the steps of a blue/green update.
func (p *Plan) shift(r *sagemaker.TrafficRoutingConfig, whole Step) error {
	var share float64
	var err error
	switch r.Type {
	case sagemaker.TrafficRoutingConfigTypeCanary:
		if share, err = portion("CanarySize", r.CanarySize, canaryBounds(), whole.New); err != nil {
			return err
		}
		p.Steps = []Step{{Old: whole.Old, New: whole.New, Share: share}}
	case sagemaker.TrafficRoutingConfigTypeLinear:
		if share, err = portion("LinearStepSize", r.LinearStepSize, linearBounds(), whole.New); err != nil {
			return err
		}
		for k := 1; float64(k)*share < 1-1e-9; k++ {
			p.Steps = append(p.Steps, Step{Old: whole.Old, New: whole.New, Share: float64(k) * share})
		}
	}
	p.Steps = append(p.Steps, whole)
	return nil
}

// portion is a size as a share of the traffic.
func portion(member string, s *sagemaker.CapacitySize, b bounds, counts []int) (float64, error) {
	if s.Type == sagemaker.CapacitySizeTypeCapacityPercent {
		return float64(*s.Value) / 100, nil
	}
	some := 0
	for _, count := range counts {
		n, err := instances(member, s, b, count)
		if err != nil {
			return 0, err
		}
		some += n
	}
	return float64(some) / float64(sum(counts)), nil
}

// roll plans the batches of a rolling update.
func (p *Plan) roll(r *sagemaker.RollingUpdatePolicy, before, after []int) error {
	p.Rolling = true
	p.Wait, p.Timeout = seconds(r.WaitIntervalInSeconds), seconds(r.MaximumExecutionTimeoutInSeconds)
	size := make([]int, len(after))
	steps := 1
	for i, count := range after {
		n, err := instances("MaximumBatchSize", r.MaximumBatchSize, batchBounds(), count)
		if err != nil {
			return err
		}
		size[i] = n
		steps = max(steps, (count+n-1)/n)
	}
	total := sum(after)
	for k := 1; k <= steps; k++ {
		s := Step{Old: make([]int, len(before)), New: make([]int, len(after)), Share: 1}
		for i, count := range after {
			s.New[i] = min(count, k*size[i])
		}
		if there := sum(s.New); k < steps {
			s.Share = float64(there) / float64(total)
			for i, count := range before {
				s.Old[i] = count - there*count/total
			}
		}
		p.Steps = append(p.Steps, s)
	}
	p.Back = slices.Clone(before)
	if b := r.RollbackMaximumBatchSize; b != nil {
		for i, count := range before {
			n, err := instances("RollbackMaximumBatchSize", b, rollbackBounds(), count)
			if err != nil {
				return err
			}
			p.Back[i] = n
		}
	}
	return nil
}

func seconds(n *int32) time.Duration { return time.Duration(aws.Val(n)) * time.Second }

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
