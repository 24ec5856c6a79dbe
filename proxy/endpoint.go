package proxy

import (
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Key names an endpoint. Names are compared exactly (DescribeEndpoint-9).
type Key struct {
	aws.Scope
	Name string
}

// Endpoint is what the data path knows of an endpoint. It is never changed once
// it is in a Table: a change is another Endpoint, which may share Instances.
type Endpoint struct {
	// NotServing is why the endpoint takes no requests, nil while it does.
	NotServing *aws.Error
	// Async is set for endpoints that take InvokeEndpointAsync alone (Async-1).
	Async bool
	// Production variants share the requests by their weights (Variant-1); Shadow
	// variants get copies (Shadow-1).
	Production, Shadow []*Variant
	// Components are the inference components by name. An endpoint that has them, or
	// is Hosting them, takes requests for one of them.
	Components map[string]*Variant
	Hosting    bool
	Limits     Limits
	// Capture is what is recorded, nil for nothing.
	Capture *Capture
	// Explainer makes explanations, nil for none.
	Explainer Explainer

	key    Key
	weight float64 // of all production variants
}

// Variant is a model that stands behind an endpoint, on any number of instances.
type Variant struct {
	Name string
	// Weight is the share of the requests, of the sum of all weights. A shadow
	// variant sees copies of the share that its weight is of the production
	// variants' sum, of all requests where it is as much or more.
	Weight    float64
	Routing   Routing
	Mode      Mode
	Instances []*Instance
	// Models loads the models of a MultiModel variant.
	Models Models
	// Demand is that of a serverless variant, nil for one that has instances whether
	// they are needed or not. It chooses among its own; Instances are the same.
	Demand *Demand

	measures *measures
}

// Routing is how an instance is chosen inside a variant.
type Routing string

// The strategies of routing; the empty one is Random.
const (
	Random           Routing = "RANDOM"
	LeastOutstanding Routing = "LEAST_OUTSTANDING_REQUESTS"
)

// Mode is how requests pass the containers of an instance.
type Mode int

// The modes (Host-6, Host-7).
const (
	// Single is one container.
	Single Mode = iota
	// Serial hands the answer of each container to the next.
	Serial
	// Direct is the container that TargetContainerHostname names.
	Direct
	// MultiModel is one container with the model that TargetModel names.
	MultiModel
)

// The limits that hold where Limits leave them open.
const (
	// DefaultMaxBody bounds a request's body, in bytes (InvokeEndpoint-1).
	DefaultMaxBody = 6291456
	// DefaultTime is what a container has for its answer (Host-4).
	DefaultTime = 60 * time.Second
	// DefaultStreamTime is what a container has for the whole of a streamed answer.
	DefaultStreamTime = 8 * time.Minute
	// DefaultQueue bounds the requests that an instance has not answered yet.
	DefaultQueue = 256
)

// Limits of an endpoint; zero values are the defaults above.
type Limits struct {
	// Body bounds requests in bytes. More than Options.MaxBody is never read.
	Body int64
	// Time is until a container's answer must have come. Answers that are too long
	// to be held back must come without pauses as long as that.
	Time time.Duration
	// StreamTime bounds streamed answers from begin to end.
	StreamTime time.Duration
	// Queue bounds the requests that each instance has not answered yet. The next
	// is refused with ThrottlingException.
	Queue int
}

func (l Limits) withDefaults() Limits {
	if l.Body <= 0 {
		l.Body = DefaultMaxBody
	}
	if l.Time <= 0 {
		l.Time = DefaultTime
	}
	if l.StreamTime <= 0 {
		l.StreamTime = max(DefaultStreamTime, l.Time)
	}
	if l.Queue <= 0 {
		l.Queue = DefaultQueue
	}
	return l
}

// prepared is a copy of e as the data path wants it.
func (e *Endpoint) prepared(k Key, measured func(variant string) *measures) *Endpoint {
	p := *e
	p.key, p.Limits, p.weight = k, e.Limits.withDefaults(), 0
	copies := func(list []*Variant) []*Variant {
		out := make([]*Variant, len(list))
		for i, v := range list {
			c := *v
			c.measures = measured(v.Name)
			out[i] = &c
		}
		return out
	}
	p.Production, p.Shadow = copies(e.Production), copies(e.Shadow)
	for _, v := range p.Production {
		p.weight += max(0, v.Weight)
	}
	p.Components = make(map[string]*Variant, len(e.Components))
	for name, v := range e.Components {
		p.Components[name] = copies([]*Variant{v})[0]
	}
	return &p
}

// instances are all instances of the endpoint.
func (e *Endpoint) instances() map[*Instance]bool {
	out := map[*Instance]bool{}
	if e == nil {
		return out
	}
	add := func(v *Variant) {
		for _, i := range v.Instances {
			out[i] = true
		}
	}
	for _, v := range e.Production {
		add(v)
	}
	for _, v := range e.Shadow {
		add(v)
	}
	for _, v := range e.Components {
		add(v)
	}
	return out
}
