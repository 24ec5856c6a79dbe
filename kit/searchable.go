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

// NewSearchable makes the kind whose rows read finds: a table's Get, or its Shared
// where the same rows are shown again and again. show makes the record of a row
// and its tags; of what Shared found it may change nothing.
func NewSearchable[B any](resource sagemaker.ResourceType, kind string, read func(tx *store.Tx, scope aws.Scope, name string) (*store.Row[B], error),
	show func(tx *store.Tx, row *store.Row[B], tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error)) Searchable {
	return Searchable{Resource: resource, Kind: kind, Record: func(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error) {
		row, err := read(tx, scope, name)
		if err != nil {
			return nil, err
		}
		tags, err := store.Tags(tx, scope, row.ARN)
		if err != nil {
			return nil, err
		}
		return show(tx, row, TagList(tags))
	}}
}
