//go:build linux

package feed

import (
	"context"
	"errors"
	"io"
)

// openAhead is how many objects of an external S3 are asked for before they are
// needed: a request's latency is longer than a small object.
const openAhead = 8

// ahead opens the contents of a list, in order, before they are needed. Those
// that are in files of this machine are not opened before their turn.
type ahead struct {
	from   *contents
	ctx    context.Context
	cancel context.CancelFunc
	queue  chan chan opened
}

// opened is a content whose bytes are on their way.
type opened struct {
	body io.ReadCloser
	size int64
	err  error
}

func (s *contents) ahead(ctx context.Context, list []*Content) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	a := &ahead{from: s, ctx: ctx, cancel: cancel, queue: make(chan chan opened, openAhead)}
	if s.store == nil {
		close(a.queue)
		return a
	}
	go func() {
		defer close(a.queue)
		for _, c := range list {
			if c.local() {
				continue
			}
			one := make(chan opened, 1)
			select {
			case a.queue <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				body, size, err := s.open(ctx, c)
				one <- opened{body, size, err}
			}()
		}
	}()
	return a
}

// next is the content of c, which must be asked for in the order of the list.
func (a *ahead) next(c *Content) (io.ReadCloser, int64, error) {
	if c.local() {
		return a.from.open(a.ctx, c)
	}
	one, ok := <-a.queue
	if !ok {
		return nil, 0, errors.New("feed: a content out of order")
	}
	o := <-one
	return o.body, o.size, o.err
}

// stop closes what was opened in vain.
func (a *ahead) stop() {
	a.cancel()
	go func() {
		for one := range a.queue {
			if o := <-one; o.body != nil {
				o.body.Close()
			}
		}
	}()
}
