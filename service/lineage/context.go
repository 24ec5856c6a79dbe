package lineage

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Context is what is stored of a context.
type Context struct {
	Entity
	Source *sagemaker.ContextSource
}

type contextRow = store.Row[Context]

var contexts = kind[Context]{
	Kind: kit.Kind[Context]{
		Table: store.NewTable[Context]("context"), Noun: "Context", Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
	},
	vertex: graph.Context, quota: contextQuota,
	entity: func(r *contextRow) (*Entity, string) { return &r.Body.Entity, r.Name },
}
