package proxy

import "sync"

// budget bounds how many things are held at a time, and their bytes.
type budget struct {
	limit, most int64

	mu       sync.Mutex
	bytes, n int64
}

// take makes room for size bytes, if there is.
func (b *budget) take(size int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n >= b.most || b.bytes+int64(size) > b.limit {
		return false
	}
	b.n++
	b.bytes += int64(size)
	return true
}

// free gives room back.
func (b *budget) free(size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n--
	b.bytes -= int64(size)
}
