package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// fake is a connection of which only its end counts.
type fake struct {
	net.Conn
	closed bool
}

func (f *fake) Close() error { f.closed = true; return nil }

// The latest connection is used first, none after it was idle for too long, and no
// more than a number of them is kept.
func TestPool(t *testing.T) {
	t.Parallel()
	var p pool
	now := time.Unix(1000, 0)
	put := func(at time.Time) *fake {
		f := &fake{}
		p.put(&conn{Conn: f}, at)
		return f
	}
	old, young := put(now), put(now.Add(time.Second))
	if c := p.get(now.Add(time.Second)); c == nil || c.Conn != young {
		t.Fatalf("%v", c)
	}
	p.put(&conn{Conn: young}, now.Add(idleFor+1)) // the moment to see that another is too old
	if !old.closed || young.closed || len(p.idle) != 1 {
		t.Errorf("old %t, young %t, %d left", old.closed, young.closed, len(p.idle))
	}
	if c := p.get(now.Add(2*idleFor + 1)); c == nil || c.Conn != young { // not a moment too long
		t.Errorf("%v", c)
	}
	p.put(&conn{Conn: young}, now)
	if c := p.get(now.Add(idleFor + 1)); c != nil || !young.closed || len(p.idle) != 0 {
		t.Errorf("%v, closed %t", c, young.closed)
	}
	var all []*fake
	for range maxIdle + 2 {
		all = append(all, put(now))
	}
	for n, f := range all {
		if f.closed != (n >= maxIdle) {
			t.Fatalf("connection %d: closed %t", n, f.closed)
		}
	}
	p.close()
	late := put(now)
	if !all[0].closed || !all[maxIdle-1].closed || !late.closed || p.get(now) != nil {
		t.Error("something is kept behind the end")
	}
}

// Host-4: a socket whose queue is full is asked again for a moment; what refuses is
// *refused, also after that moment; a client that is gone is not.
func TestDial(t *testing.T) {
	t.Parallel()
	n := 0
	p := pool{open: func(context.Context) (net.Conn, error) {
		if n++; n < 3 {
			return nil, fmt.Errorf("connect: %w", syscall.EAGAIN)
		}
		return &fake{}, nil
	}}
	if c, err := p.dial(t.Context()); err != nil || c == nil || n != 3 {
		t.Errorf("%v, %v after %d", c, err, n)
	}
	var r *refused
	for what, open := range map[string]func(context.Context) (net.Conn, error){
		"refuses": func(context.Context) (net.Conn, error) { return nil, syscall.ECONNREFUSED },
		"full":    func(context.Context) (net.Conn, error) { return nil, syscall.EAGAIN },
		"hangs":   func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
	} {
		p := pool{open: open}
		if _, err := p.dial(t.Context()); !errors.As(err, &r) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	p = pool{open: func(context.Context) (net.Conn, error) { cancel(); return nil, syscall.ECONNREFUSED }}
	if _, err := p.dial(ctx); !errors.Is(err, context.Canceled) || errors.As(err, &r) {
		t.Errorf("gone: %v", err)
	}
}
