package inferencecomponent

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

type status = sagemaker.InferenceComponentStatus
type transition = kit.Transition[status, Component]

const (
	creating  = sagemaker.InferenceComponentStatusCreating
	updating  = sagemaker.InferenceComponentStatusUpdating
	inService = sagemaker.InferenceComponentStatusInService
	failed    = sagemaker.InferenceComponentStatusFailed
	deleting  = sagemaker.InferenceComponentStatusDeleting
)

// The transitions of a component. One whose change has failed serves on as it did
// before, and can be changed again.
var (
	serve  = transition{Name: "all copies answer", To: inService, From: []status{creating, updating}, Apply: settled}
	fail   = transition{Name: "some copy cannot be", To: failed, From: []status{creating, updating}, Apply: undone}
	update = transition{Name: "update", To: updating, From: []status{inService, failed}}
	remove = transition{Name: "delete", To: deleting, From: []status{inService, failed, creating, updating}}
)

// Transitions is the whole table, for the test and the diagram in docs/.
var Transitions = []transition{serve, fail, update, remove}

// settled ends a change that has succeeded.
func settled(c *Component, _ time.Time) { c.Serving, c.Next, c.Failed = c.Next, nil, nil }

// undone ends a change that has not: what it brought goes.
func undone(c *Component, _ time.Time) {
	for _, one := range c.Copies {
		if one.Number >= c.First {
			c.retire(one)
		}
	}
	if c.Serving != nil {
		c.Desired = c.Before
	} else {
		c.Failed = c.Next
	}
	c.Next = nil
}
