package endpoint

import (
	"math"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
)

// loadPeriod is what the load of a variant is averaged over. Target tracking goes out
// after three such periods in a row above its target, and in after fifteen below.
const loadPeriod = 10 * time.Second

// manage gives the variants of a fleet with ManagedInstanceScaling the instances
// that their load wants, from MinInstanceCount to MaxInstanceCount
// (CreateEndpointConfig-8). The source does not say what the load is: here it is
// the requests that an instance has not answered yet, and the target is one for
// each of its processors.
func (e *Endpoint) manage(f *Fleet, o outlook) (changed bool) {
	for i := range f.Variants {
		v := &f.Variants[i]
		set := settings(&f.Config, v.Name)
		if !managed(set) {
			continue
		}
		m := set.ManagedInstanceScaling
		limits := scaling.Limits{Min: int(max(1, aws.Val(m.MinInstanceCount))), Max: int(aws.Val(m.MaxInstanceCount))}
		wanted, _ := scaling.Target{Value: processors(set)}.Decide(limits, scaling.State{}, o.now, len(v.Replicas), o.load(f.Generation, v.Name))
		if wanted == len(v.Replicas) {
			continue
		}
		e.Retiring = append(e.Retiring, f.resize(v, wanted)...)
		v.Count, v.DesiredCount, changed = wanted, wanted, true
	}
	return changed
}

// managed says whether the load decides how many instances a variant has.
func managed(v *sagemaker.ProductionVariant) bool {
	return v != nil && v.ModelName != nil && v.ManagedInstanceScaling != nil && v.ManagedInstanceScaling.Status == sagemaker.ManagedInstanceScalingStatusEnabled
}

// processors is how many an instance of a variant has, at least one.
func processors(v *sagemaker.ProductionVariant) float64 {
	t, _ := instance.Lookup(string(v.InstanceType))
	return float64(max(1, t.VCPUs))
}

// load is what the instances of a variant had to do, per instance.
type load struct {
	// count is of how many instances; it begins anew with another number, so that a
	// change shows what it did before the next one.
	count   int
	begun   time.Time
	periods []float64
	sum     float64
	samples int
}

// kept is how many periods are decided by.
const kept = 15

// add takes in that count instances have outstanding requests now.
func (l *load) add(now time.Time, count, outstanding int) {
	if count != l.count || l.begun.IsZero() {
		*l = load{count: count, begun: now}
	}
	if now.Sub(l.begun) >= loadPeriod {
		average := math.NaN()
		if l.samples > 0 {
			average = l.sum / float64(l.samples)
		}
		if l.periods = append(l.periods, average); len(l.periods) > kept {
			l.periods = l.periods[1:]
		}
		l.begun, l.sum, l.samples = now, 0, 0
	}
	if count > 0 {
		l.sum += float64(outstanding) / float64(count)
		l.samples++
	}
}

// sample looks at what the variants with managed scaling have to do.
func (m *manager) sample(e *Endpoint, now time.Time) {
	if e.Fleet == nil {
		return
	}
	for i := range e.Fleet.Variants {
		v := &e.Fleet.Variants[i]
		if !managed(settings(&e.Fleet.Config, v.Name)) {
			continue
		}
		outstanding := 0
		for _, r := range e.Fleet.replicas(v) {
			if d := m.drivers[r]; d != nil {
				outstanding += d.Instance().Outstanding()
			}
		}
		k := variantKey{e.Fleet.Generation, v.Name}
		if m.loads[k] == nil {
			m.loads[k] = &load{}
		}
		m.loads[k].add(now, len(v.Replicas), outstanding)
	}
}
