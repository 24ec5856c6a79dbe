package lineage

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Action is what is stored of an action.
type Action struct {
	Entity
	Source *sagemaker.ActionSource
	// ActionStatus is the status that the API shows; the row's is the type.
	ActionStatus sagemaker.ActionStatus `json:",omitempty"`
}

type actionRow = store.Row[Action]

var actions = kind[Action]{
	Kind: kit.Kind[Action]{
		Table: store.NewTable[Action]("action"), Noun: "Action", Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
	},
	vertex: graph.Action, quota: actionQuota,
	entity: func(r *actionRow) (*Entity, string) { return &r.Body.Entity, r.Name },
}
