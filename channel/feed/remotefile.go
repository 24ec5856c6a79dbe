//go:build linux

package feed

import (
	"container/list"
	"context"
	"io"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	// blockSize is how many bytes of an object of an external S3 are asked for at
	// a time: much against the latency of a request, little for random access.
	blockSize = 4 << 20
	// blocksKept is how many blocks stay in memory, for all files together.
	blocksKept = 24
	// blocksAhead is how many blocks a sequential reader has on their way.
	blocksAhead = 3
)

// blockKey is a block of an object.
type blockKey struct {
	content *Content
	index   int64
}

// block is bytes that are there or on their way.
type block struct {
	key  blockKey
	done chan struct{} // closed when data and err are set
	data []byte
	err  error
}

// blocks keeps the blocks that were read last.
type blocks struct {
	from *contents

	mu    sync.Mutex
	known map[blockKey]*list.Element // of *block
	used  *list.List                 // the last used first
}

// blocks is the cache of all files of an external S3.
func (s *contents) blocks() *blocks {
	s.once.Do(func() { s.cache = &blocks{from: s, known: map[blockKey]*list.Element{}, used: list.New()} })
	return s.cache
}

// get is a block, asked for now when nobody has before. It may still be on its way.
func (b *blocks) get(key blockKey) *block {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.known[key]; ok {
		b.used.MoveToFront(e)
		return e.Value.(*block)
	}
	one := &block{key: key, done: make(chan struct{})}
	b.known[key] = b.used.PushFront(one)
	for b.used.Len() > blocksKept {
		oldest := b.used.Back()
		delete(b.known, oldest.Value.(*block).key)
		b.used.Remove(oldest)
	}
	go b.fetch(one)
	return one
}

// fetch reads a block. One that failed is forgotten, so that it is tried again.
func (b *blocks) fetch(one *block) {
	defer close(one.done)
	c, from := one.key.content, one.key.index*blockSize
	n := min(c.Size-from, blockSize)
	body := b.from.stream(context.Background(), c, from, n)
	defer body.Close()
	one.data = make([]byte, n)
	_, err := io.ReadFull(body, one.data)
	if one.err = shorter(c, err); err == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.known[one.key]; ok && e.Value.(*block) == one {
		delete(b.known, one.key)
		b.used.Remove(e)
	}
}

// remoteFile is an opened object of an external S3.
type remoteFile struct {
	node  *fileNode
	cache *blocks

	mu   sync.Mutex
	last int64  // the block that was read last
	held *block // the same: with many readers it may leave the cache early
}

var _ fs.FileReader = (*remoteFile)(nil)

// Read implements fs.FileReader.
func (h *remoteFile) Read(ctx context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	c := h.node.content
	done := 0
	for done < len(dest) && off < c.Size {
		one := h.block(off / blockSize)
		select {
		case <-one.done:
		case <-ctx.Done():
			return nil, syscall.EINTR
		}
		if one.err != nil {
			return nil, h.node.errno(one.err)
		}
		n := copy(dest[done:], one.data[off%blockSize:])
		done, off = done+n, off+int64(n)
	}
	return fuse.ReadResultData(dest[:done]), 0
}

// block is a block of the file. Whoever reads on in a block, or in the one after
// it, gets the following ones asked for; who jumps about does not.
func (h *remoteFile) block(index int64) *block {
	c := h.node.content
	h.mu.Lock()
	defer h.mu.Unlock()
	again, following := h.held != nil && index == h.last, h.held != nil && index == h.last+1
	if !again || h.held.failed() {
		h.held = h.cache.get(blockKey{c, index})
	}
	h.last = index
	for i := index + 1; (again || following) && i <= index+blocksAhead && i*blockSize < c.Size; i++ {
		h.cache.get(blockKey{c, i})
	}
	return h.held
}

// failed says whether a block could not be read.
func (b *block) failed() bool {
	select {
	case <-b.done:
		return b.err != nil
	default:
		return false
	}
}
