package index

import "sync"

// cache keeps values in memory, up to a number of bytes. There are two
// generations: what is used moves to the young one, and when that is full the old
// one is forgotten. So what is in use stays, at the price of a map lookup.
type cache[K comparable, V any] struct {
	limit int

	mu         sync.Mutex
	young, old map[K]cached[V]
	bytes      int // of young
}

type cached[V any] struct {
	value V
	bytes int
}

func newCache[K comparable, V any](bytes int) *cache[K, V] { return &cache[K, V]{limit: bytes} }

func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.young[k]
	if !ok {
		if v, ok = c.old[k]; ok {
			delete(c.old, k)
			c.add(k, v)
		}
	}
	return v.value, ok
}

func (c *cache[K, V]) put(k K, value V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.old, k)
	c.add(k, cached[V]{value, bytes})
}

// add puts v into the young generation. The caller holds c.mu.
func (c *cache[K, V]) add(k K, v cached[V]) {
	if v.bytes > c.limit/2 {
		return
	}
	if c.bytes+v.bytes > c.limit/2 || c.young == nil {
		c.young, c.old, c.bytes = make(map[K]cached[V]), c.young, 0
	}
	c.bytes += v.bytes - c.young[k].bytes
	c.young[k] = v
}
