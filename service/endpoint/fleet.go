package endpoint

import (
	"fmt"
	"slices"

	"github.com/sagebrush/sagebrush/replica"
)

// ready says whether all replicas of a fleet are healthy.
func (f *Fleet) ready(o outlook) bool {
	for _, r := range f.all() {
		if o.replicas[r].Phase != healthy {
			return false
		}
	}
	return true
}

// broken says whether some replica of a fleet is in one of these phases, and why.
func (f *Fleet) broken(o outlook, phases ...replica.Phase) (reason string, is bool) {
	for _, r := range f.all() {
		if c := o.replicas[r]; slices.Contains(phases, c.Phase) {
			return unstartable(r, c), true
		}
	}
	return "", false
}

// unstartable is what users are told of a replica that is in such a condition.
func unstartable(r Replica, c condition) string {
	return fmt.Sprintf("The variant %s could not be started: %s", r.Variant, c.Reason)
}

// serving says whether some production variant has a healthy replica.
func (f *Fleet) serving(o outlook) bool {
	for i := range f.Variants {
		v := &f.Variants[i]
		if v.Shadow {
			continue
		}
		if v.Serverless != nil { // a request has it started
			return true
		}
		for _, r := range f.replicas(v) {
			if o.replicas[r].Phase == healthy {
				return true
			}
		}
	}
	return false
}

// lost says whether some replica was gone when the server came back. Those of
// serverless variants come and go.
func (f *Fleet) lost(o outlook) bool {
	for i := range f.Variants {
		v := &f.Variants[i]
		if v.Serverless == nil && slices.ContainsFunc(f.replicas(v), func(r Replica) bool { return o.replicas[r].Lost }) {
			return true
		}
	}
	return false
}

// unseen says whether nobody has looked at some replica yet.
func (f *Fleet) unseen(o outlook) bool {
	return slices.ContainsFunc(f.all(), func(r Replica) bool { return o.replicas[r].Unseen })
}

// wanted is how many replicas production variants are to have.
func (f *Fleet) wanted() (n int) {
	for i := range f.Variants {
		if !f.Variants[i].Shadow {
			n += len(f.Variants[i].Replicas)
		}
	}
	return n
}

// settle notes that what was asked for is what serves.
func (f *Fleet) settle(o outlook) {
	for i := range f.Variants {
		v := &f.Variants[i]
		v.Weight, v.Count = v.DesiredWeight, v.DesiredCount
		if v.Serverless != nil {
			v.Serverless.Current = v.Serverless.Desired
		}
		for _, r := range f.replicas(v) {
			if c := o.replicas[r]; c.Images != nil && v.Images == nil {
				v.Images = deployedImages(c.Images)
			}
		}
	}
}
