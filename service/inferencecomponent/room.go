package inferencecomponent

import (
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/store"
)

// room is what the instances of a component's variant have left, after all copies
// of all components on it, also of those that retire.
func (s *Service) room(tx *store.Tx, r *row, h *Host) (rooms, error) {
	v, ok := h.Variants[r.Body.Variant]
	if !ok {
		return rooms{}, nil
	}
	out := rooms{kind: v.InstanceType, whole: wholeOf(v.InstanceType), free: make([]Resources, v.Instances)}
	for i := range out.free {
		out.free[i] = out.whole
	}
	all, err := components.List(tx, r.Scope, store.Query{Parent: r.Parent})
	if err != nil {
		return rooms{}, err
	}
	for _, other := range all {
		if other.Body.Variant != r.Body.Variant {
			continue
		}
		for _, list := range [][]Copy{other.Body.Copies, other.Body.Retiring} {
			for _, one := range list {
				if one.Instance < len(out.free) {
					out.free[one.Instance] = out.free[one.Instance].minus(one.Needs)
				}
			}
		}
	}
	return out, nil
}

// wholeOf is an instance of that type, nothing where its figures are not known.
func wholeOf(name string) Resources {
	t, _ := instance.Lookup(name)
	return Resources{MilliCPUs: int64(t.VCPUs) * 1000, MilliDevices: int64(t.GPUs+t.Accelerators) * 1000, MemoryMB: t.MemoryBytes >> 20}
}

// Instances are the instances that the components of an endpoint occupy, by variant;
// a variant without components is not in it. It implements endpoint.Components.
func (s *Service) Instances(tx *store.Tx, scope aws.Scope, endpoint string) (map[string]int, error) {
	all, err := components.List(tx, scope, store.Query{Parent: endpoint})
	if err != nil {
		return nil, err
	}
	used := map[string]int{}
	for _, r := range all {
		used[r.Body.Variant] = max(used[r.Body.Variant], 0)
		for _, list := range [][]Copy{r.Body.Copies, r.Body.Retiring} {
			for _, one := range list {
				used[r.Body.Variant] = max(used[r.Body.Variant], one.Instance+1)
			}
		}
	}
	return used, nil
}
