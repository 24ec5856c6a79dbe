package kit

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// defaultPage is the page size when MaxResults is absent.
const defaultPage = 10

// ListOptions say what is special about one List operation.
type ListOptions[In, B any] struct {
	// SortBy and Descending are the order when the request has none.
	SortBy     store.SortBy
	Descending bool
	// Strict says that time filters leave out the bound itself; otherwise it is
	// part of the range. StrictBefore says it of the upper bounds alone.
	Strict, StrictBefore bool
	// Own names the members of the input that Narrow and Keep look at.
	Own []string
	// Narrow adds conditions that the store can look up; nil for none.
	Narrow func(in *In, q *store.Query) error
	// Keep makes the filter of the rows that the store answered; nil, also for the
	// filter, keeps all. Pages are full all the same, but a filter reads more rows.
	Keep func(in *In) func(row *store.Row[B]) bool
}

// List is a List operation of the kind B with input In. The members that all
// such inputs spell alike are read by their names: NextToken, MaxResults,
// SortBy, SortOrder, NameContains, StatusEquals and the time filters.
type List[In, B any] struct {
	table     store.Table[B]
	operation string
	options   ListOptions[In, B]
	members   []member[In]
}

// member reads one member of the input into the query.
type member[In any] func(v reflect.Value, q *store.Query) error

// NewList makes the operation's reader. It panics when the input has a member
// that neither it nor options.Own knows: then a filter would be ignored.
func NewList[In, B any](table store.Table[B], options ListOptions[In, B]) List[In, B] {
	t := reflect.TypeFor[In]()
	l := List[In, B]{table: table, operation: strings.TrimSuffix(t.Name(), "Input"), options: options}
	for i := range t.NumField() {
		name := t.Field(i).Name
		if slices.Contains(options.Own, name) || name == "NextToken" || name == "MaxResults" {
			continue
		}
		read := reader(name, options.Strict, options.Strict || options.StrictBefore)
		if read == nil {
			panic(fmt.Sprintf("kit: %s has a member %s that nothing reads", t.Name(), name))
		}
		l.members = append(l.members, func(v reflect.Value, q *store.Query) error {
			if v = v.Field(i); v.IsZero() {
				return nil
			}
			return read(reflect.Indirect(v), q)
		})
	}
	return l
}

// reader is how the member of that name is read; nil when it is not known.
func reader(name string, strictAfter, strictBefore bool) func(v reflect.Value, q *store.Query) error {
	bound := func(field func(*store.Query) *time.Time, strict bool, shift time.Duration) func(reflect.Value, *store.Query) error {
		if !strict {
			shift = 0
		}
		return func(v reflect.Value, q *store.Query) error {
			*field(q) = v.Interface().(time.Time).Add(shift)
			return nil
		}
	}
	switch name {
	case "SortBy":
		return func(v reflect.Value, q *store.Query) (err error) {
			q.SortBy, err = sortColumn(v.String())
			return err
		}
	case "SortOrder":
		return func(v reflect.Value, q *store.Query) error { q.Descending = v.String() == "Descending"; return nil }
	case "NameContains":
		return func(v reflect.Value, q *store.Query) error { q.NameContains = v.String(); return nil }
	case "StatusEquals":
		return func(v reflect.Value, q *store.Query) error { q.Status = v.String(); return nil }
	// The store's clock ticks in microseconds, and its bounds are inclusive.
	case "CreationTimeAfter", "CreatedAfter":
		return bound(func(q *store.Query) *time.Time { return &q.CreatedAfter }, strictAfter, time.Microsecond)
	case "CreationTimeBefore", "CreatedBefore":
		return bound(func(q *store.Query) *time.Time { return &q.CreatedBefore }, strictBefore, -time.Microsecond)
	case "LastModifiedTimeAfter", "ModifiedTimeAfter", "LastModifiedAfter":
		return bound(func(q *store.Query) *time.Time { return &q.ModifiedAfter }, strictAfter, time.Microsecond)
	case "LastModifiedTimeBefore", "ModifiedTimeBefore", "LastModifiedBefore":
		return bound(func(q *store.Query) *time.Time { return &q.ModifiedBefore }, strictBefore, -time.Microsecond)
	}
	return nil
}

// sortColumn is the column behind a SortBy.
func sortColumn(by string) (store.SortBy, error) {
	switch by {
	case "Name":
		return store.ByName, nil
	case "CreationTime", "CreatedTime":
		return store.ByCreated, nil
	case "LastModifiedTime", "ModifiedTime":
		return store.ByModified, nil
	case "Status":
		return store.ByStatus, nil
	}
	return 0, aws.Invalid("Sorting by %s is not supported here. Use CreationTime or Name.", by)
}

// place is where a list goes on: behind a row, in the direction it came from.
type place struct {
	store.Cursor
	Descending bool `json:"d,omitempty"`
}

// Page answers a page of the caller's own rows and the token of the next page,
// nil when there is none (Gen-5). A row that existed throughout is on exactly one
// page when the order is by name or creation, whatever others write meanwhile.
func (l List[In, B]) Page(ctx context.Context, b Base, in *In) ([]*store.Row[B], *string, error) {
	v := reflect.ValueOf(in).Elem()
	q := store.Query{SortBy: l.options.SortBy, Descending: l.options.Descending}
	for _, read := range l.members {
		if err := read(v, &q); err != nil {
			return nil, nil, err
		}
	}
	if l.options.Narrow != nil {
		if err := l.options.Narrow(in, &q); err != nil {
			return nil, nil, err
		}
	}
	limit := defaultPage
	if n, ok := v.FieldByName("MaxResults").Interface().(*int32); ok && n != nil {
		limit = int(*n)
	}
	scope := aws.ScopeFrom(ctx)
	filters := *in // the token is good for the same filters only
	f := reflect.ValueOf(&filters).Elem()
	f.FieldByName("NextToken").SetZero()
	f.FieldByName("MaxResults").SetZero()
	if token, _ := v.FieldByName("NextToken").Interface().(*string); token != nil {
		var at place
		if err := b.Tokens.Open(*token, &at, scope, l.operation, filters); err != nil {
			return nil, nil, err
		}
		q.After, q.Descending = &at.Cursor, at.Descending
	}
	var rows []*store.Row[B]
	err := b.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = l.collect(tx, scope, in, q, limit+1)
		return err
	})
	if err != nil || len(rows) <= limit {
		return rows, nil, err
	}
	rows = rows[:limit]
	token, err := b.Tokens.Seal(place{store.CursorOf(rows[limit-1], q.SortBy), q.Descending}, scope, l.operation, filters)
	return rows, &token, err
}

// collect is the first n rows of q that Keep keeps.
func (l List[In, B]) collect(tx *store.Tx, scope aws.Scope, in *In, q store.Query, n int) ([]*store.Row[B], error) {
	var keep func(*store.Row[B]) bool
	if l.options.Keep != nil {
		keep = l.options.Keep(in)
	}
	if keep == nil {
		q.Limit = n
		return l.table.List(tx, scope, q)
	}
	var kept []*store.Row[B]
	for q.Limit = max(n, 100); ; {
		rows, err := l.table.List(tx, scope, q)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if keep(r) {
				if kept = append(kept, r); len(kept) == n {
					return kept, nil
				}
			}
		}
		if len(rows) < q.Limit {
			return kept, nil
		}
		after := store.CursorOf(rows[len(rows)-1], q.SortBy)
		q.After = &after
	}
}

// Map is the list of an answer: never nil, because clients index it.
func Map[T, S any](rows []T, summarize func(T) S) []S {
	list := make([]S, len(rows))
	for i, r := range rows {
		list[i] = summarize(r)
	}
	return list
}
