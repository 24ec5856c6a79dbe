package endpoint

import (
	"fmt"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/algo/traffic"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// Endpoint is what is stored of an endpoint.
type Endpoint struct {
	Status sagemaker.EndpointStatus
	// FailureReason says why it Failed, or why its last update came to nothing.
	FailureReason string `json:",omitempty"`
	// Fleet is what serves, or in a new endpoint what is to serve; without replicas
	// once an endpoint has failed or is being deleted.
	Fleet *Fleet `json:",omitempty"`
	// Deployment is under way, nil between deployments.
	Deployment *Deployment `json:",omitempty"`
	// Mixed is what a rolling deployment left whose rollback failed, beside Fleet; nil
	// for nothing (DescribeEndpoint-2).
	Mixed *Mixed `json:",omitempty"`
	// LastDeployment is the DeploymentConfig of the last deployment that had one
	// and succeeded.
	LastDeployment *sagemaker.DeploymentConfig `json:",omitempty"`
	// Generations counts the fleets that there ever were.
	Generations int
	// Recorded is the generation that the lineage graph knows, 0 for none.
	Recorded int `json:",omitempty"`
	// Retiring are replicas that serve no more and are still to be removed.
	Retiring []Retired `json:",omitempty"`
}

// Fleet is an endpoint configuration brought to life. It keeps the configuration
// and the models as they were when the fleet was made: both may be deleted while
// it serves (CreateEndpointConfig-20, DeleteModel-1).
type Fleet struct {
	// Generation tells the fleets of an endpoint apart, from 1.
	Generation int
	Config     sagemaker.CreateEndpointConfigInput
	// Baseline is the object of the explainer's ShapBaselineUri as it was then.
	Baseline []byte `json:",omitempty"`
	Variants []Variant
}

// Variant is one production or shadow variant of a fleet.
type Variant struct {
	Name   string
	Shadow bool `json:",omitempty"`
	Model  replica.Model
	// Images are what the containers' images were resolved to, in order.
	Images []sagemaker.DeployedImage `json:",omitempty"`
	// Weight and Count are those that serve, Desired… those that were asked for;
	// they differ only while weights and capacities change (DescribeEndpoint-5).
	Weight, DesiredWeight float32
	Count, DesiredCount   int
	// Serverless is set for a variant whose replicas come and go with its requests;
	// its counts are those that it begins with.
	Serverless *Serverless `json:",omitempty"`
	// Replicas are the numbers of the instances that there are to be; a replica that
	// takes the place of another has a number of its own, from Next.
	Replicas []int
	Next     int
}

// Deployment is a change of what serves, under way.
type Deployment struct {
	StartedAt time.Time
	// Fleet takes the place of the endpoint's; nil where only weights and counts
	// change.
	Fleet *Fleet `json:",omitempty"`
	// Plan is how it does so, and State how far that is.
	Plan  *traffic.Plan `json:",omitempty"`
	State traffic.State
	// Before are the weights and counts to go back to, by variant.
	Before map[string]Capacity         `json:",omitempty"`
	Config *sagemaker.DeploymentConfig `json:",omitempty"`
}

// Mixed is a fleet that serves beside the endpoint's own.
type Mixed struct {
	Fleet *Fleet
	// Share is how much of the requests it gets, from 0 to 1.
	Share float64
}

// Capacity is how much of the traffic a variant gets, and how many instances it
// has for it.
type Capacity struct {
	Weight float32
	Count  int
	// Next is the number of the first replica that the change brought.
	Next       int
	Serverless *sagemaker.ProductionVariantServerlessConfig `json:",omitempty"`
}

// Replica names one instance of a variant: the programs of all its containers.
type Replica struct {
	Generation int
	Variant    string
	Number     int
}

// Retired is a replica that serves no more, with what is needed to remove it.
type Retired struct {
	Replica
	// Contained says of each of its containers whether the engine runs it.
	Contained []bool
}

type row = store.Row[Endpoint]

// An endpoint's name is the same in any letter case when it is made, and exact
// when it is asked for (DescribeEndpoint-9). No error is modelled for endpoints but
// the quota (Err-3, X-4); clients search for these words.
var endpoints = kit.Kind[Endpoint]{
	Table: store.NewTable[Endpoint]("endpoint"), Noun: "Endpoint", Taken: aws.ValidationException, Missing: aws.ValidationException,
	QuotesARN: true,
	Quota:     &kit.Quota{Name: "endpoints"},
}

// fleets are all that the endpoint has: what serves, and what is to.
func (e *Endpoint) fleets() []*Fleet {
	var list []*Fleet
	if e.Fleet != nil {
		list = append(list, e.Fleet)
	}
	if e.Deployment != nil && e.Deployment.Fleet != nil {
		list = append(list, e.Deployment.Fleet)
	}
	if e.Mixed != nil {
		list = append(list, e.Mixed.Fleet)
	}
	return list
}

// replicas are those of one variant.
func (f *Fleet) replicas(v *Variant) []Replica {
	list := make([]Replica, len(v.Replicas))
	for i, n := range v.Replicas {
		list[i] = Replica{f.Generation, v.Name, n}
	}
	return list
}

// retired is a replica of the variant as one that is to be removed.
func (v *Variant) retired(r Replica) Retired {
	return Retired{Replica: r, Contained: v.Model.Contained()}
}

// variant is the fleet's variant of that name, nil for none.
func (f *Fleet) variant(name string) *Variant {
	i := slices.IndexFunc(f.Variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Variants[i]
}

// resize gives a variant count replicas: more get new numbers, of fewer the
// youngest go. It answers those that go.
func (f *Fleet) resize(v *Variant, count int) []Retired {
	for len(v.Replicas) < count {
		v.Replicas = append(v.Replicas, v.Next)
		v.Next++
	}
	var gone []Retired
	for _, r := range f.replicas(v)[count:] {
		gone = append(gone, v.retired(r))
	}
	v.Replicas = v.Replicas[:count]
	return gone
}

// all are the replicas of a fleet.
func (f *Fleet) all() []Replica {
	var list []Replica
	for i := range f.Variants {
		list = append(list, f.replicas(&f.Variants[i])...)
	}
	return list
}

// String is the replica as logs and directories name it.
func (r Replica) String() string { return fmt.Sprintf("%d-%s-%d", r.Generation, r.Variant, r.Number) }
