package proxy

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Table is what the data path knows: all endpoints. Readers take no lock; a
// change copies the map. It is safe for concurrent use.
type Table struct {
	endpoints atomic.Pointer[map[Key]*Endpoint]

	mu       sync.Mutex // of writers
	measured map[measureKey]*measures
}

// NewTable makes a Table without endpoints.
func NewTable() *Table {
	t := &Table{measured: map[measureKey]*measures{}}
	t.endpoints.Store(&map[Key]*Endpoint{})
	return t
}

// Set puts an endpoint in, in place of an earlier one of that key. Requests that
// are on their way end where they began; connections to instances that no longer
// belong to the endpoint are closed after that.
func (t *Table) Set(k Key, e *Endpoint) { t.change(k, e) }

// Remove takes an endpoint out. Its measures stay until they are collected.
func (t *Table) Remove(k Key) { t.change(k, nil) }

func (t *Table) change(k Key, e *Endpoint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := maps.Clone(*t.endpoints.Load())
	old := next[k]
	if e == nil {
		delete(next, k)
	} else {
		e = e.prepared(k, func(variant string) *measures { return t.measuresOf(measureKey{k, variant}) })
		next[k] = e
	}
	t.endpoints.Store(&next)
	kept := e.instances()
	for i := range old.instances() {
		if !kept[i] {
			i.close()
		}
	}
}

// find is the endpoint of that key, nil when there is none.
func (t *Table) find(k Key) *Endpoint { return (*t.endpoints.Load())[k] }

// measuresOf is called with the lock held: a variant keeps its counters over all
// changes of its endpoint.
func (t *Table) measuresOf(k measureKey) *measures {
	m := t.measured[k]
	if m == nil {
		m = newMeasures()
		t.measured[k] = m
	}
	return m
}
