package index

import (
	"errors"
	"slices"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Request is one page of a search.
type Request struct {
	Query *search.Query
	Order search.Order
	// After is the last record of the page before, nil for the first.
	After *Position
	// Limit is how many records are wanted, at least 1.
	Limit int
}

// Position is the place of a record in an order: records that are equal in the
// order are sorted by name.
type Position struct {
	Key  search.Key
	Name string
}

// Page is what was found.
type Page struct {
	Records []*sagemaker.SearchRecord
	// Next is where the following page begins, nil when there is nothing more.
	Next *Position
}

// Search finds a page of records. All of it is one snapshot, that of tx.
func (x *Index) Search(tx *store.Tx, r sagemaker.ResourceType, scope aws.Scope, q Request) (*Page, error) {
	k := x.kind(r)
	if k == nil {
		return &Page{}, nil
	}
	s, err := x.look(tx, k, scope)
	if err != nil {
		return nil, err
	}
	c := candidates{order: q.Order, after: q.After}
	if err := c.collect(s, q.Query); err != nil {
		return nil, err
	}
	page := &Page{}
	var last *Position
	for want := q.Limit + 1; ; want *= 2 {
		first, err := c.first(want)
		if err != nil {
			return nil, err
		}
		for _, candidate := range first {
			record, err := k.Record(tx, scope, candidate.Name)
			if errors.Is(err, store.ErrNotFound) {
				continue
			} else if err != nil {
				return nil, err
			}
			if !q.Query.Match(k.flatten(record)) {
				continue // a text that the columns hold in part only
			}
			if len(page.Records) == q.Limit {
				page.Next = last
				return page, nil
			}
			page.Records = append(page.Records, record)
			last = &Position{candidate.key(), candidate.Name}
		}
		if len(first) < want {
			return page, nil
		}
		c.after = &Position{first[len(first)-1].key(), first[len(first)-1].Name}
	}
}

// candidates are the records that may be selected.
type candidates struct {
	order  search.Order
	after  *Position
	groups []*selection
}

// selection is what was found in one segment, or among the changed records.
type selection struct {
	found search.Bits
	keys  *search.Keys
	name  func(doc int) (string, error)
}

// candidate is one of them. Its name is read when it is needed.
type candidate struct {
	from *selection
	doc  int
	Name string
}

func (c *candidate) key() search.Key { return c.from.keys.At(c.doc) }

// named reads the name.
func (c *candidate) named() (err error) {
	if c.Name == "" {
		c.Name, err = c.from.name(c.doc)
	}
	return err
}

// collect evaluates the query.
func (c *candidates) collect(s *snapshot, q *search.Query) error {
	for _, g := range s.segments {
		if g.live.Empty() {
			continue
		}
		found, err := q.Select(g)
		if err != nil {
			return err
		}
		if found.And(g.live); found.Empty() {
			continue
		}
		keys, err := c.order.Keys(g)
		if err != nil {
			return err
		}
		c.groups = append(c.groups, &selection{found, keys, g.name})
	}
	if len(s.changed) == 0 {
		return nil
	}
	found := search.NewBits(len(s.changed))
	keys := make([]search.Key, len(s.changed))
	for i, d := range s.changed {
		if d.doc != nil && q.Match(d.doc) {
			found.Set(i)
			keys[i] = c.order.Of(d.doc)
		}
	}
	c.groups = append(c.groups, &selection{found, search.ListKeys(keys), func(i int) (string, error) { return s.changed[i].name, nil }})
	return nil
}

// first is the first n of them after c.after, in order.
func (c *candidates) first(n int) ([]*candidate, error) {
	best := top{order: c.order, n: n}
	for _, g := range c.groups {
		var err error
		g.found.Each(func(doc int) bool {
			var ok bool
			if ok, err = c.follows(g, doc); ok && err == nil {
				err = best.offer(g, doc)
			}
			return err == nil
		})
		if err != nil {
			return nil, err
		}
	}
	return best.sorted()
}

// follows says whether a record comes after c.after.
func (c *candidates) follows(g *selection, doc int) (bool, error) {
	if c.after == nil {
		return true, nil
	}
	if d := c.order.Compare(g.keys.At(doc), c.after.Key); d != 0 {
		return d > 0, nil
	}
	name, err := g.name(doc)
	return name > c.after.Name, err
}

// top keeps the first n of what it is offered: a heap with the last of them at
// the root.
type top struct {
	order search.Order
	n     int
	heap  []*candidate
}

// before compares two candidates; names decide between equal keys.
func (t *top) before(a, b *candidate) (bool, error) {
	if d := t.order.Compare(a.key(), b.key()); d != 0 {
		return d < 0, nil
	}
	if err := errors.Join(a.named(), b.named()); err != nil {
		return false, err
	}
	return a.Name < b.Name, nil
}

func (t *top) offer(from *selection, doc int) error {
	c := candidate{from: from, doc: doc}
	if len(t.heap) == t.n {
		if t.order.Compare(from.keys.At(doc), t.heap[0].key()) > 0 {
			return nil // the usual case, without an allocation
		}
		if earlier, err := t.before(&c, t.heap[0]); err != nil || !earlier {
			return err
		}
		kept := c
		t.heap[0] = &kept
		return t.down(0)
	}
	kept := c
	t.heap = append(t.heap, &kept)
	return t.up(len(t.heap) - 1)
}

func (t *top) up(i int) error {
	for i > 0 {
		parent := (i - 1) / 2
		earlier, err := t.before(t.heap[parent], t.heap[i])
		if err != nil || !earlier {
			return err
		}
		t.heap[i], t.heap[parent] = t.heap[parent], t.heap[i]
		i = parent
	}
	return nil
}

func (t *top) down(i int) error {
	for {
		last := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child >= len(t.heap) {
				continue
			}
			later, err := t.before(t.heap[last], t.heap[child])
			if err != nil {
				return err
			}
			if later {
				last = child
			}
		}
		if last == i {
			return nil
		}
		t.heap[i], t.heap[last] = t.heap[last], t.heap[i]
		i = last
	}
}

// sorted is what was kept, the first first, with names.
func (t *top) sorted() ([]*candidate, error) {
	var failed error
	for _, c := range t.heap {
		failed = errors.Join(failed, c.named())
	}
	slices.SortFunc(t.heap, func(a, b *candidate) int {
		if earlier, err := t.before(a, b); err != nil || earlier {
			failed = errors.Join(failed, err)
			return -1
		}
		return 1
	})
	return t.heap, failed
}
