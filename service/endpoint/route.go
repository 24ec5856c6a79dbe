package endpoint

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
)

// publish gives the data path the endpoint as it is now. Replicas that retire are
// not in it any more, so that nothing is sent to one that is about to stop.
func (m *manager) publish(r *row) {
	if parts := r.Body.parts(); len(parts) > 0 {
		m.s.Captures.route(m.routeKey(), destination(parts[0].fleet.Config.DataCaptureConfig))
	}
	m.s.setRoute(m.routeKey(), m.route(r))
	m.forgetDemands(&r.Body)
}

// route is the endpoint as the data path is to see it: its fleets share the requests
// as a deployment has it, and everything else is the first one's.
func (m *manager) route(r *row) *proxy.Endpoint {
	out := &proxy.Endpoint{NotServing: notServing(r), Limits: m.s.Limits}
	parts := r.Body.parts()
	for i, p := range parts {
		c := &p.fleet.Config
		if i == 0 {
			if a := c.AsyncInferenceConfig; a != nil {
				out.Async, out.Limits.Queue = true, concurrency(a)
			}
			out.Capture = capture(c.DataCaptureConfig)
			m.explain(p.fleet, out)
		}
		scale := 1.0
		if len(parts) > 1 {
			scale = p.share / p.fleet.weight()
		}
		for k := range p.fleet.Variants {
			v := &p.fleet.Variants[k]
			out.Hosting = out.Hosting || v.hosts()
			routed := m.routeVariant(p.fleet, v)
			switch {
			case !v.Shadow:
				routed.Weight *= scale
				out.Production = append(out.Production, routed)
			case i == 0:
				if len(parts) > 1 { // the sum of the production variants is 1
					routed.Weight /= p.fleet.weight()
				}
				out.Shadow = append(out.Shadow, routed)
			}
		}
	}
	return out
}

// routeVariant is a variant with its replicas that answer.
func (m *manager) routeVariant(f *Fleet, v *Variant) *proxy.Variant {
	routed := &proxy.Variant{Name: v.Name, Weight: float64(v.Weight), Routing: routing(&f.Config, v.Name), Mode: mode(&v.Model)}
	for _, one := range f.replicas(v) {
		if d := m.drivers[one]; d != nil && d.Condition().Phase == healthy {
			routed.Instances = append(routed.Instances, d.Instance())
		}
	}
	if routed.Mode == proxy.MultiModel {
		routed.Models = m.models(f, v)
	}
	if routed.Demand = m.demandOf(f, v); routed.Demand != nil {
		routed.Demand.Set(int(*v.Serverless.Current.MaxConcurrency), routed.Instances)
	}
	return routed
}

// weight is the sum of the weights of the production variants, 1 where all are 0:
// then a request has to name one.
func (f *Fleet) weight() (sum float64) {
	for _, v := range f.Variants {
		if !v.Shadow {
			sum += float64(v.Weight)
		}
	}
	if sum == 0 {
		return 1
	}
	return sum
}

// notServing is why an endpoint takes no requests, nil while it does.
func notServing(r *row) *aws.Error {
	switch r.Body.Status {
	case creating, failed, deleting:
		return aws.Errorf(aws.ValidationError, "Endpoint %s of account %s is not serving: it is %s.", r.Name, r.Scope.Account, r.Body.Status)
	}
	return nil
}

// mode is how requests pass the containers of a model (Host-6, Host-7).
func mode(m *replica.Model) proxy.Mode {
	switch {
	case m.Direct:
		return proxy.Direct
	case len(m.Containers) == 0: // inference components have modes of their own
		return proxy.Single
	case len(m.Containers) > 1:
		return proxy.Serial
	case m.Containers[0].MultiModel:
		return proxy.MultiModel
	}
	return proxy.Single
}

// settings are those of a variant in the configuration.
func settings(c *sagemaker.CreateEndpointConfigInput, name string) *sagemaker.ProductionVariant {
	for _, list := range [][]*sagemaker.ProductionVariant{c.ProductionVariants, c.ShadowProductionVariants} {
		for _, v := range list {
			if *v.VariantName == name {
				return v
			}
		}
	}
	return nil
}

func routing(c *sagemaker.CreateEndpointConfigInput, name string) proxy.Routing {
	if v := settings(c, name); v != nil && v.RoutingConfig != nil {
		return proxy.Routing(v.RoutingConfig.RoutingStrategy)
	}
	return proxy.Random
}
