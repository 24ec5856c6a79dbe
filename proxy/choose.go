package proxy

import (
	"slices"

	"github.com/sagebrush/sagebrush/aws"
)

// variant chooses the variant of a request: the component or the variant that it
// names, else by weight, with u from [0, 1) (Variant-1).
func (e *Endpoint) variant(in *invocation, u float64) (*Variant, error) {
	switch {
	case in.component != "":
		if v := e.Components[in.component]; v != nil {
			return v, nil
		}
		return nil, aws.Errorf(aws.ValidationError, "Inference component %s of endpoint %s not found.", in.component, e.key.Name)
	case e.Hosting || len(e.Components) > 0:
		return nil, aws.Errorf(aws.ValidationError, "Inference Component Name header is required for endpoint %s: it hosts inference components.", e.key.Name)
	case in.variant != "":
		if v := e.named(in.variant, u); v != nil {
			return v, nil
		}
		return nil, aws.Errorf(aws.ValidationError, "Variant %s of endpoint %s not found.", in.variant, e.key.Name)
	}
	if v := byWeight(e.Production, e.weight, u); v != nil {
		return v, nil
	}
	return nil, aws.Errorf(aws.ServiceUnavailable, "All variants of endpoint %s have the weight 0: name one as TargetVariant, or change the weights.", e.key.Name)
}

// named is the variant of that name, nil for none. While an update moves traffic,
// there may be an old one and a new one, which share its requests.
func (e *Endpoint) named(name string, u float64) *Variant {
	var found *Variant
	several := false
	for _, v := range e.Production {
		if v.Name == name {
			several = found != nil
			found = v
		}
	}
	if !several {
		return found
	}
	var list []*Variant
	sum := 0.0
	for _, v := range e.Production {
		if v.Name == name {
			list, sum = append(list, v), sum+v.Weight
		}
	}
	if v := byWeight(list, sum, u); v != nil {
		return v
	}
	return found
}

// byWeight is the variant at the point u of the weights laid end to end, nil when
// all are 0.
func byWeight(list []*Variant, sum, u float64) *Variant {
	if sum <= 0 {
		return nil
	}
	at := u * sum
	var last *Variant
	for _, v := range list {
		if v.Weight <= 0 {
			continue
		}
		if last = v; at < v.Weight {
			return v
		}
		at -= v.Weight
	}
	return last // what rounding left over
}

// enter chooses an instance that is not in tried and counts the request in. Those
// that are avoided come last. nil with full says that all have too much to do,
// nil without it that there is none. from is any number.
func (v *Variant) enter(tried []*Instance, limit int, from uint32) (chosen *Instance, full bool) {
	if n := len(v.Instances); n == 1 && len(tried) == 0 {
		if v.Instances[0].enter(limit) {
			return v.Instances[0], false
		}
		return nil, true
	}
	for _, avoided := range [...]bool{false, true} {
		for { // until one takes it, or none is left that might
			best := v.candidate(tried, avoided, int64(limit), from)
			if best == nil {
				break
			}
			if best.enter(limit) {
				return best, false
			}
		}
	}
	return nil, slices.ContainsFunc(v.Instances, func(i *Instance) bool { return !slices.Contains(tried, i) })
}

// candidate is the instance to ask next among those that are, or are not,
// avoided: the first from a random one on, or the one with the least to do.
func (v *Variant) candidate(tried []*Instance, avoided bool, limit int64, from uint32) (best *Instance) {
	n := len(v.Instances)
	least := limit
	for k := range n {
		i := v.Instances[(int(from%uint32(n))+k)%n]
		load := i.outstanding.Load()
		if load >= limit || i.avoided() != avoided || slices.Contains(tried, i) {
			continue
		}
		if v.Routing != LeastOutstanding {
			return i
		}
		if load < least {
			best, least = i, load
		}
	}
	return best
}

// hash is a number of a text (FNV-1a), always the same.
func hash(text string) uint32 {
	h := uint32(2166136261)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return h
}
