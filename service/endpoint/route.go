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
	if f := r.Body.Fleet; f != nil {
		m.s.Captures.route(m.routeKey(), destination(f.Config.DataCaptureConfig))
	}
	m.s.Routes.Set(m.routeKey(), m.route(r))
}

func (m *manager) route(r *row) *proxy.Endpoint {
	e := &r.Body
	out := &proxy.Endpoint{NotServing: notServing(r)}
	if e.Fleet == nil {
		return out
	}
	out.Async = e.Fleet.Config.AsyncInferenceConfig != nil
	out.Capture = capture(e.Fleet.Config.DataCaptureConfig)
	m.explain(e.Fleet, out)
	for i := range e.Fleet.Variants {
		v := &e.Fleet.Variants[i]
		routed := &proxy.Variant{Name: v.Name, Weight: float64(v.Weight), Routing: routing(&e.Fleet.Config, v.Name), Mode: mode(&v.Model)}
		for _, replica := range e.Fleet.replicas(v) {
			if d := m.drivers[replica]; d != nil && d.Condition().Phase == healthy {
				routed.Instances = append(routed.Instances, d.Instance())
			}
		}
		if v.Shadow {
			out.Shadow = append(out.Shadow, routed)
		} else {
			out.Production = append(out.Production, routed)
		}
	}
	return out
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
