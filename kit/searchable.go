package kit

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable is a kind of resource that Search finds (Search-1).
type Searchable struct {
	// Resource is what clients call the kind.
	Resource sagemaker.ResourceType
	// Kind is the name of its table, see store.Table.
	Kind string
	// Record is the resource of that name as Search shows it, with its tags, and
	// with one member set; store.ErrNotFound when there is none. It depends on
	// nothing but the row itself, its tags, and what calls store.MarkChanged when
	// it changes.
	Record func(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error)
}
