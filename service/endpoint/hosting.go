package endpoint

import (
	"maps"
	"slices"
	"sync"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// Components are the inference components, as the endpoints that host them ask for
// them.
type Components interface {
	// Instances are the instances that the components of an endpoint occupy, by
	// variant: one more than the highest that has a copy. A variant that is not in it
	// has no components.
	Instances(tx *store.Tx, scope aws.Scope, endpoint string) (map[string]int, error)
}

// Host is an endpoint as its inference components see it.
type Host struct {
	ARN string
	// Gone says that it takes no components, because of its Status.
	Gone   bool
	Status string
	// RoleARN is whom components act as, and Isolated ones reach nothing and nobody.
	RoleARN  string
	Isolated bool
	Variants map[string]HostVariant
}

// HostVariant is a variant that hosts inference components.
type HostVariant struct {
	InstanceType string
	// Instances is how many it has, or may have where the components decide it.
	Instances int
	Routing   proxy.Routing
}

// Host is the endpoint of that name as its inference components see it; a
// ValidationException when there is none.
func (s *Service) Host(tx *store.Tx, scope aws.Scope, name string) (*Host, error) {
	r, err := endpoints.Find(tx, scope, name)
	if err != nil {
		return nil, err
	}
	e := &r.Body
	h := &Host{ARN: r.ARN, Status: string(e.Status), Gone: e.Status == failed || e.Status == deleting, Variants: map[string]HostVariant{}}
	if e.Fleet == nil {
		return h, nil
	}
	h.RoleARN, h.Isolated = aws.Val(e.Fleet.Config.ExecutionRoleArn), aws.Val(e.Fleet.Config.EnableNetworkIsolation)
	for i := range e.Fleet.Variants {
		v := &e.Fleet.Variants[i]
		if !v.hosts() {
			continue
		}
		set := settings(&e.Fleet.Config, v.Name)
		one := HostVariant{InstanceType: string(set.InstanceType), Instances: len(v.Replicas), Routing: routing(&e.Fleet.Config, v.Name)}
		if m := set.ManagedInstanceScaling; m != nil && m.Status == sagemaker.ManagedInstanceScalingStatusEnabled {
			one.Instances = max(one.Instances, int(aws.Val(m.MaxInstanceCount)))
		}
		h.Variants[v.Name] = one
	}
	return h, nil
}

// hosts says that a variant has instances for inference components, and no programs
// of its own on them.
func (v *Variant) hosts() bool { return len(v.Model.Containers) == 0 }

// hosting notes that instances without programs are there as soon as they are to be.
func (e *Endpoint) hosting(o outlook) {
	for _, f := range e.fleets() {
		for i := range f.Variants {
			if v := &f.Variants[i]; v.hosts() {
				for _, one := range f.replicas(v) {
					o.replicas[one] = condition{Phase: replica.Healthy}
				}
			}
		}
	}
}

// occupied are the instances that components need, of an endpoint that may have some.
func (s *Service) occupied(tx *store.Tx, r *row) (map[string]int, error) {
	if s.Components == nil || r.Body.Fleet == nil || !slices.ContainsFunc(r.Body.Fleet.Variants, func(v Variant) bool { return v.hosts() }) {
		return nil, nil
	}
	return s.Components.Instances(tx, r.Scope, r.Name)
}

// host gives variants with ManagedInstanceScaling that host components the instances
// that their copies need (CreateEndpointConfig-8).
func (e *Endpoint) host(f *Fleet, o outlook) (changed bool) {
	for i := range f.Variants {
		v := &f.Variants[i]
		set := settings(&f.Config, v.Name)
		if !v.hosts() || set == nil || set.ManagedInstanceScaling == nil || set.ManagedInstanceScaling.Status != sagemaker.ManagedInstanceScalingStatusEnabled {
			continue
		}
		m := set.ManagedInstanceScaling
		wanted := min(max(int(aws.Val(m.MinInstanceCount)), o.occupied[v.Name], 1), int(aws.Val(m.MaxInstanceCount)))
		if wanted != len(v.Replicas) {
			e.Retiring = append(e.Retiring, f.resize(v, wanted)...)
			v.Count, v.DesiredCount, changed = wanted, wanted, true
		}
	}
	return changed
}

// checkComponents refuses to take away what inference components stand on: the
// endpoint itself, or with a fleet that is to take its place, their variants.
func (s *Service) checkComponents(tx *store.Tx, r *row, next *Fleet) error {
	if s.Components == nil {
		return nil
	}
	used, err := s.Components.Instances(tx, r.Scope, r.Name)
	if err != nil || len(used) == 0 {
		return err
	}
	if next == nil {
		return aws.Invalid("Cannot delete endpoint %q while it hosts inference components. Delete them first, and wait until they are gone.", r.ARN)
	}
	for name := range used {
		if v := next.variant(name); v == nil || !v.hosts() {
			return aws.Invalid("The variant %s of endpoint %q hosts inference components, and the new configuration has no such variant without a ModelName. Keep it, or delete the components first.", name, r.ARN)
		}
	}
	return nil
}

// routed are the endpoints and the inference components that this server routes
// to: both change apart from each other.
type routed struct {
	mu         *sync.Mutex
	endpoints  map[proxy.Key]*proxy.Endpoint
	components map[proxy.Key]map[string]*proxy.Variant
}

func newRouted() routed {
	return routed{&sync.Mutex{}, map[proxy.Key]*proxy.Endpoint{}, map[proxy.Key]map[string]*proxy.Variant{}}
}

func (s *Service) setRoute(k proxy.Key, e *proxy.Endpoint) {
	s.routed.mu.Lock()
	defer s.routed.mu.Unlock()
	s.routed.endpoints[k] = e
	s.route(k)
}

func (s *Service) dropRoute(k proxy.Key) {
	s.routed.mu.Lock()
	defer s.routed.mu.Unlock()
	delete(s.routed.endpoints, k)
	s.Routes.Remove(k)
}

// RouteComponent lets requests for an inference component find its copies; nil lets
// them find it no more. When it returns, no request enters a copy that is not in v.
func (s *Service) RouteComponent(scope aws.Scope, endpoint, component string, v *proxy.Variant) {
	k := proxy.Key{Scope: scope, Name: endpoint}
	s.routed.mu.Lock()
	defer s.routed.mu.Unlock()
	all := s.routed.components[k]
	if v == nil {
		if delete(all, component); len(all) == 0 {
			delete(s.routed.components, k)
		}
	} else if all == nil {
		s.routed.components[k] = map[string]*proxy.Variant{component: v}
	} else {
		all[component] = v
	}
	s.route(k)
}

// route is called with the lock held.
func (s *Service) route(k proxy.Key) {
	if e := s.routed.endpoints[k]; e != nil {
		whole := *e
		whole.Components = maps.Clone(s.routed.components[k])
		s.Routes.Set(k, &whole)
	}
}
