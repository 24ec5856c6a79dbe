package endpoint

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// DefaultServerlessIdle is how long a serverless variant keeps an instance that has
// nothing to do. The source does not say (Serverless-1).
const DefaultServerlessIdle = 5 * time.Minute

// Serverless is the configuration of a serverless variant: the one that serves, and
// the one that was asked for (DescribeEndpoint-5).
type Serverless struct {
	Current, Desired sagemaker.ProductionVariantServerlessConfig
}

// serverless is what a variant of a new fleet has of it, nil for one with instances.
func serverless(v *sagemaker.ProductionVariant) *Serverless {
	if v.ServerlessConfig == nil {
		return nil
	}
	return &Serverless{Current: *v.ServerlessConfig, Desired: *v.ServerlessConfig}
}

// provisioned is how many instances a serverless variant has when it is not used.
func (s *Serverless) provisioned() int { return int(aws.Val(s.Desired.ProvisionedConcurrency)) }

// first is how many instances a variant begins with: a serverless one has to show
// that it can start before it serves.
func (s *Serverless) first() int { return max(1, s.provisioned()) }

// change takes over what UpdateEndpointWeightsAndCapacities asks for (Weights-1).
func (s *Serverless) change(variant string, in *sagemaker.ProductionVariantServerlessUpdateConfig) error {
	if in.MaxConcurrency != nil {
		s.Desired.MaxConcurrency = in.MaxConcurrency
	}
	if in.ProvisionedConcurrency != nil {
		s.Desired.ProvisionedConcurrency = in.ProvisionedConcurrency
	}
	if p := s.Desired.ProvisionedConcurrency; p != nil && *p > *s.Desired.MaxConcurrency {
		return aws.Invalid("The variant %s is to have the ProvisionedConcurrency %d, which is more than its MaxConcurrency %d.", variant, *p, *s.Desired.MaxConcurrency)
	}
	return nil
}

// demand is what the requests of a serverless variant say about its instances.
type demand struct {
	// needed is how many instances the requests that are inside want.
	needed int
	// idle is for how long a replica has had nothing to do.
	idle func(Replica) time.Duration
}

// scale gives the serverless variants of a fleet the replicas that their requests
// need, and takes away those that have idled, above what is provisioned
// (Serverless-1). One that does not serve is not replaced unless somebody needs it.
func (e *Endpoint) scale(f *Fleet, o outlook) (changed bool) {
	for i := range f.Variants {
		v := &f.Variants[i]
		if v.Serverless == nil {
			continue
		}
		d, provisioned := o.demand(f.Generation, v.Name), v.Serverless.provisioned()
		spare := len(v.Replicas) - max(provisioned, d.needed)
		var kept []int
		for k, r := range f.replicas(v) {
			c := o.replicas[r]
			useless := c.Phase == ailing || c.Phase == hopeless
			if useless || spare > 0 && c.Phase == healthy && d.idle(r) >= o.serverlessIdle {
				e.Retiring = append(e.Retiring, v.retired(r))
				changed = true
				spare--
				continue
			}
			kept = append(kept, v.Replicas[k])
		}
		v.Replicas = kept
		wanted := min(max(provisioned, d.needed), int(*v.Serverless.Desired.MaxConcurrency))
		if wanted > len(v.Replicas) && o.patience(f.Generation, v.Name) <= 0 {
			f.resize(v, wanted)
			changed = true
		}
	}
	return changed
}

// variantKey names a variant of one of an endpoint's fleets.
type variantKey struct {
	generation int
	variant    string
}

// demandOf is where the requests of a serverless variant wait, nil for a variant
// with instances.
func (m *manager) demandOf(f *Fleet, v *Variant) *proxy.Demand {
	if v.Serverless == nil {
		return nil
	}
	k := variantKey{f.Generation, v.Name}
	if m.demands[k] == nil {
		m.demands[k] = proxy.NewDemand(m.tell)
	}
	return m.demands[k]
}

// forgetDemands sends the requests that wait for variants which are no part of the
// endpoint any more to those that are.
func (m *manager) forgetDemands(e *Endpoint) {
	there := map[int]bool{}
	for _, f := range e.fleets() {
		there[f.Generation] = true
	}
	for k, d := range m.demands {
		if !there[k.generation] {
			d.Close()
			delete(m.demands, k)
		}
	}
}

// demand is what is known of the requests of a serverless variant.
func (m *manager) demand(generation int, variant string, now time.Time) demand {
	d := m.demands[variantKey{generation, variant}]
	if d == nil {
		return demand{idle: func(Replica) time.Duration { return 0 }}
	}
	return demand{d.Needed(), func(r Replica) time.Duration {
		if x := m.drivers[r]; x != nil {
			return d.Idle(x.Instance(), now)
		}
		return 0
	}}
}

// despair tells the requests that wait for a serverless variant why none of its
// instances comes.
func (m *manager) despair(r Replica, reason string) {
	if d := m.demands[variantKey{r.Generation, r.Variant}]; d != nil {
		d.Fail(aws.Errorf(aws.ServiceUnavailable, "The variant %s could not be started: %s", r.Variant, reason))
	}
}
