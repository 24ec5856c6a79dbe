package index

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Options of an Index.
type Options struct {
	// Kinds are the kinds of resource that can be found.
	Kinds  []kit.Searchable
	Logger *slog.Logger
	// CacheBytes bounds the memory for decoded columns, 0 for the default.
	CacheBytes int
}

// defaultCache is enough for a dozen columns of 100,000 records.
const defaultCache = 32 << 20

// Index finds resources by their properties.
type Index struct {
	db      *store.DB
	logger  *slog.Logger
	unpack  *search.Unpacker
	kinds   []*kind
	columns *cache[columnKey, *search.Column]
	entries *cache[int64, *search.Directory]
	recent  *cache[recentKey, search.Doc]

	types map[sagemaker.ResourceType]*recordType

	// pending counts the changes since the worker looked; poke wakes it.
	pending atomic.Int64
	poke    chan struct{}
}

// kind is a searchable kind with the type of its records.
type kind struct {
	kit.Searchable
	*recordType
}

// recordType is a member of SearchRecord; its properties are read from the model
// when they are first asked for.
type recordType struct {
	properties func() *search.Type
	// field of the Go struct SearchRecord.
	field int
}

// columnKey names a column of a segment. Segments are immutable and their ids are
// never used again, so what is cached under one is true for ever.
type columnKey struct {
	segment  int64
	property string
}

// recentKey names a record as it was when it was marked with stamp.
type recentKey struct {
	kind, name string
	scope      aws.Scope
	stamp      int64
}

// New makes the index and adopts the resources of kinds that it does not hold
// yet. From now on the store marks their changes.
func New(ctx context.Context, db *store.DB, o Options) (*Index, error) {
	unpacker, err := search.NewUnpacker()
	if err != nil {
		return nil, err
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCache
	}
	x := &Index{
		db: db, logger: o.Logger, unpack: unpacker, types: recordTypes(), poke: make(chan struct{}, 1),
		columns: newCache[columnKey, *search.Column](o.CacheBytes),
		entries: newCache[int64, *search.Directory](o.CacheBytes / 8),
		recent:  newCache[recentKey, search.Doc](o.CacheBytes / 8),
	}
	names := make([]string, len(o.Kinds))
	for i, k := range o.Kinds {
		names[i] = k.Kind
		x.kinds = append(x.kinds, &kind{k, x.types[k.Resource]})
	}
	db.SetSearched(names, x.changed)
	return x, x.adopt(ctx)
}

// Type is the type of a resource's records; nil for the two resources that have
// no records (Search-1).
func (x *Index) Type(r sagemaker.ResourceType) *search.Type {
	if t := x.types[r]; t != nil {
		return t.properties()
	}
	return nil
}

// kind finds the kind behind a resource, nil when no service has it yet.
func (x *Index) kind(r sagemaker.ResourceType) *kind {
	for _, k := range x.kinds {
		if k.Resource == r {
			return k
		}
	}
	return nil
}

// recordTypes are the types of all resources, by the members of SearchRecord in
// the API's model (Search-1).
func recordTypes() map[sagemaker.ResourceType]*recordType {
	types := map[sagemaker.ResourceType]*recordType{}
	for _, m := range searchRecord().Members {
		resource := sagemaker.ResourceType(m.Name)
		switch m.Name {
		case "Trial":
			resource = sagemaker.ResourceTypeExperimentTrial
		case "TrialComponent":
			resource = sagemaker.ResourceTypeExperimentTrialComponent
		}
		types[resource] = &recordType{field: m.Field, properties: sync.OnceValue(func() *search.Type { return search.NewType(m.Name, m.Shape) })}
	}
	return types
}

// searchRecord is the shape of a result of Search.
func searchRecord() *schema.Shape {
	for _, op := range sagemaker.Service.Operations {
		if op.Name != "Search" {
			continue
		}
		for _, m := range op.Output.Members {
			if m.Name == "Results" {
				return m.Shape.Elem
			}
		}
	}
	return &schema.Shape{} // not in the model: then nothing can be searched
}

// flatten makes the values of a record.
func (k *kind) flatten(record *sagemaker.SearchRecord) search.Doc {
	return k.properties().Flatten(k.member(record))
}

// member is what the record is about.
func (k *kind) member(record *sagemaker.SearchRecord) any {
	return reflect.ValueOf(record).Elem().Field(k.field).Interface()
}

// changed is called after every commit that marked something.
func (x *Index) changed() {
	if n := x.pending.Add(1); n == 1 || n == flushAt {
		select {
		case x.poke <- struct{}{}:
		default:
		}
	}
}
