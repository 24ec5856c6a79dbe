package inferencecomponent

import (
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/replica"
)

// outlook is what advance decides by.
type outlook struct {
	now time.Time
	// copies are those that are being driven, by number; one that is missing has not
	// begun.
	copies map[int]replica.Condition
	// removed says of a copy that retires that nothing of it is left.
	removed func(Copy) bool
	// rooms are the instances, with all that any component has on them taken off.
	rooms rooms
	// wait is how long a change waits for room, and pause how long copies that do
	// not stay healthy wait for their successors.
	wait, pause time.Duration
}

// advance does what follows from the outlook, and says whether anything did. It is
// pure: whoever calls it commits the component and makes the machine follow.
func advance(c *Component, o outlook) (changed bool, err error) {
	changed = c.forgetRemoved(o)
	switch c.Status {
	case deleting:
		changed = changed || len(c.Copies) > 0
		c.retire(c.Copies...)
	case creating, updating:
		var did bool
		did, err = c.change(o)
		changed = changed || did
	default:
		if v := c.Serving; v != nil {
			changed = c.keep(v, o) || changed
		}
	}
	return c.count(o) || changed, err
}

// over says that nothing is left to be done for a component until it is changed.
func (c *Component) over() bool {
	return (c.Status == deleting || c.Status == failed && c.Serving == nil) && len(c.Copies)+len(c.Retiring) == 0
}

func (c *Component) forgetRemoved(o outlook) bool {
	var left []Copy
	for _, one := range c.Retiring {
		if !o.removed(one) {
			left = append(left, one)
		}
	}
	changed := len(left) != len(c.Retiring)
	c.Retiring = left
	return changed
}

// change takes a change forward: copies of the new version come as there is room,
// and those of the old one go as the new ones answer, or one at a time where there
// is no room for both and others serve meanwhile.
func (c *Component) change(o outlook) (bool, error) {
	v := c.Next
	for _, one := range c.Copies {
		k := o.copies[one.Number]
		if one.Number >= c.First && (k.Phase == replica.Hopeless || k.Phase == replica.Ailing) {
			return true, c.giveUp("A copy of the model could not be started: "+k.Reason, o)
		}
	}
	changed := c.drop(o)
	its, others := c.of(v)
	c.answeringFirst(its, o)
	c.answeringFirst(others, o)
	if len(its) > c.Desired {
		c.retire(its[c.Desired:]...)
		its, changed = its[:c.Desired], true
	}
	if answering := c.healthy(its, o); len(others) > max(0, c.Desired-answering) {
		c.retire(others[max(0, c.Desired-answering):]...)
		others, changed = others[:max(0, c.Desired-answering)], true
	}
	if grown, full := c.grow(v, c.Desired-len(its), o); grown > 0 {
		return true, nil
	} else if full {
		if len(c.Retiring) > 0 { // what they hold is free soon
			return changed, nil
		}
		if serving := c.healthy(c.Copies, o); len(others) > 0 && serving > 1 && c.healthy(its, o) == len(its) {
			c.retire(others[len(others)-1])
			return true, nil
		}
		need := needs(&v.Spec)
		if never := len(o.rooms.free) > 0 && !o.rooms.whole.holds(need); never || o.now.Sub(c.Since) >= o.wait {
			return true, c.giveUp(shortage(need, o.rooms), o)
		}
		return changed, nil
	}
	if len(its) == c.Desired && c.healthy(its, o) == len(its) && len(others) == 0 {
		c.note(its, o)
		return true, serve.Fire(&c.Status, c, o.now)
	}
	return changed, nil
}

// giveUp ends a change that comes to nothing. What it brought goes, unless nothing
// else is left that answers.
func (c *Component) giveUp(reason string, o outlook) error {
	c.FailureReason = reason
	older := slices.ContainsFunc(c.Copies, func(one Copy) bool { return one.Number < c.First })
	if its, _ := c.of(c.Next); c.Serving != nil && !older && c.healthy(its, o) > 0 {
		c.Serving, c.Before, c.First = c.Next, c.Desired, c.NextCopy
	}
	return fail.Fire(&c.Status, c, o.now)
}

// keep is what a component needs that nobody changes: copies that ail, or whose
// instance is gone, are replaced.
func (c *Component) keep(v *Version, o outlook) bool {
	changed := c.drop(o)
	its, _ := c.of(v)
	grown := 0
	if o.pause <= 0 {
		grown, _ = c.grow(v, c.Desired-len(its), o)
	}
	return grown > 0 || changed
}

// drop retires the copies that do not serve and will not, or have no instance.
func (c *Component) drop(o outlook) (changed bool) {
	for _, one := range c.Copies {
		p := o.copies[one.Number].Phase
		if p == replica.Ailing || p == replica.Hopeless || one.Instance >= len(o.rooms.free) {
			c.retire(one)
			changed = true
		}
	}
	return changed
}

// grow adds up to n copies as there is room for them; full says that there was none
// for one of them.
func (c *Component) grow(v *Version, n int, o outlook) (grown int, full bool) {
	need := needs(&v.Spec)
	for ; grown < n; grown++ {
		at := place(o.rooms.free, need)
		if at < 0 {
			return grown, true
		}
		o.rooms.free[at] = o.rooms.free[at].minus(need)
		c.add(v, at)
	}
	return grown, false
}

// answeringFirst sorts copies so that those at the end are the least loss.
func (c *Component) answeringFirst(list []Copy, o outlook) {
	slices.SortStableFunc(list, func(a, b Copy) int {
		return c.healthy([]Copy{b}, o) - c.healthy([]Copy{a}, o)
	})
}

func (c *Component) healthy(list []Copy, o outlook) (n int) {
	for _, one := range list {
		if o.copies[one.Number].Phase == replica.Healthy {
			n++
		}
	}
	return n
}

// count notes how many copies answer, once somebody has looked at all of them.
func (c *Component) count(o outlook) bool {
	for _, one := range c.Copies {
		if k, known := o.copies[one.Number]; known && k.Unseen {
			return false
		}
	}
	n := c.healthy(c.Copies, o)
	changed := n != c.Current
	c.Current = n
	return changed
}

// note keeps what the image of the version was resolved to.
func (c *Component) note(its []Copy, o outlook) {
	for _, one := range its {
		if r := o.copies[one.Number].Images; len(r) > 0 {
			c.Next.Image = &sagemaker.DeployedImage{SpecifiedImage: &r[0].Specified, ResolvedImage: &r[0].Resolved, ResolutionTime: &r[0].At}
		}
	}
}
