package inferencecomponent

import (
	"fmt"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// Component is what is stored of an inference component. Its row's Parent is the
// name of its endpoint.
type Component struct {
	Status sagemaker.InferenceComponentStatus
	// FailureReason says why the last change came to nothing.
	FailureReason        string `json:",omitempty"`
	EndpointARN, Variant string
	// Serving is what serves, nil before something does; Next is what a change under
	// way is to put in its place, the same where only the number of copies changes.
	Serving, Next *Version `json:",omitempty"`
	// Failed is what never came to serve, kept to be described and to try again.
	Failed *Version `json:",omitempty"`
	// Desired is how many copies there are to be, Before how many there were before
	// the change under way, and Current how many answer.
	Desired, Before, Current int
	// Since is when the change under way began, and First the number of the first
	// copy that it brought.
	Since time.Time
	First int
	// Versions and NextCopy count what there ever was.
	Versions, NextCopy int
	Copies             []Copy `json:",omitempty"`
	// Retiring are copies that serve no more and are still to be removed.
	Retiring []Copy `json:",omitempty"`
}

// Version is a specification with the model as it was when it was given: the model
// may be deleted while it serves.
type Version struct {
	Number int
	Spec   sagemaker.InferenceComponentSpecification
	Model  replica.Model
	// Image is what the container's image was resolved to, nil while unknown.
	Image *sagemaker.DeployedImage `json:",omitempty"`
}

// Copy is one copy of the model, on an instance of the variant, counted from 0.
type Copy struct {
	Number, Version, Instance int
	// Needs is what it takes of its instance until nothing of it is left.
	Needs Resources
	// Contained says of each of its containers whether the engine runs it.
	Contained []bool
}

// String is the copy as directories name it.
func (c Copy) String() string { return fmt.Sprintf("%d-%d", c.Version, c.Number) }

type row = store.Row[Component]

// No error is modelled for inference components but the quota (Err-3).
var components = kit.Kind[Component]{
	Table: store.NewTable[Component]("inference-component"), Noun: "Inference component", Taken: aws.ValidationException, Missing: aws.ValidationException,
	QuotesARN: true,
	Quota:     &kit.Quota{Name: "inference-components"},
}

// latest is what is to serve, or serves, or never came to.
func (c *Component) latest() *Version {
	for _, v := range []*Version{c.Next, c.Serving} {
		if v != nil {
			return v
		}
	}
	return c.Failed
}

// of are the copies of a version, and the others.
func (c *Component) of(v *Version) (its, others []Copy) {
	for _, one := range c.Copies {
		if one.Version == v.Number {
			its = append(its, one)
		} else {
			others = append(others, one)
		}
	}
	return its, others
}

// retire has copies removed.
func (c *Component) retire(gone ...Copy) {
	for _, one := range gone {
		c.Copies = slices.DeleteFunc(slices.Clone(c.Copies), func(o Copy) bool { return o.Number == one.Number })
		c.Retiring = append(c.Retiring, one)
	}
}

// add puts a copy of a version on an instance.
func (c *Component) add(v *Version, instance int) {
	c.Copies = append(slices.Clone(c.Copies), Copy{c.NextCopy, v.Number, instance, needs(&v.Spec), v.Model.Contained()})
	c.NextCopy++
}

// begin notes that a change is under way to so many copies of a version.
func (c *Component) begin(v *Version, count int, at time.Time) {
	if v.Number == 0 {
		c.Versions++
		v.Number = c.Versions
	}
	c.Next, c.Before, c.Desired, c.Since, c.First, c.FailureReason = v, c.Desired, count, at, c.NextCopy, ""
}
