package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/proxy"
)

// Shadow-1: whatever a shadow does with its copies, answers are those of production,
// and come without waiting for it.
func TestShadowChangesNothing(t *testing.T) {
	t.Parallel()
	hang := make(chan bool)
	t.Cleanup(func() { close(hang) })
	for what, shadow := range map[string]func(b *bench) *proxy.Variant{
		"hangs": func(b *bench) *proxy.Variant {
			return variant("s", 1, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does it learn that nobody waits
				select {
				case <-r.Context().Done():
				case <-hang:
				}
			})))
		},
		"refuses":      func(b *bench) *proxy.Variant { return variant("s", 1, one(b.refusing(""))) },
		"garbage":      func(b *bench) *proxy.Variant { return variant("s", 1, one(b.raw("", "garbage\r\n\r\n"))) },
		"half":         func(b *bench) *proxy.Variant { return variant("s", 1, one(b.raw("", hello[:len(hello)-1]))) },
		"no instances": func(*bench) *proxy.Variant { return variant("s", 1) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := setup(t, proxy.Options{})
			c, requests := b.scripted("", func(_, k int) (string, bool) {
				return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%2d", k%100), true
			})
			v := shadow(b)
			b.set(func(e *proxy.Endpoint) { e.Shadow = []*proxy.Variant{v} }, variant("a", 1, one(c)))
			for range 20 {
				out, err := b.invoke(nil)
				if err != nil || len(out.Body) != 2 || *out.InvokedProductionVariant != "a" {
					t.Fatalf("%v, %v", out, err)
				}
			}
			if requests.Load() != 20 {
				t.Errorf("production got %d requests", requests.Load())
			}
			b.Close() // gives up the copies that hang
			for _, i := range v.Instances {
				if i.Outstanding() != 0 {
					t.Errorf("%d copies are outstanding", i.Outstanding())
				}
			}
		})
	}
}

// Shadow-1: the weight of a shadow against that of production is its share. Copies
// keep their bodies while other requests go through the same buffers.
func TestShadowShare(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	var copies [3]atomic.Int64
	var shadows []*proxy.Variant
	for i, weight := range []float64{0, 1, 4} {
		shadows = append(shadows, variant(fmt.Sprint("s", i), weight, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if s := string(body); err != nil || len(s) != 1000 || strings.Trim(s, s[:1]) != "" {
				t.Errorf("a copy of %d bytes was changed: %v", len(s), err)
			}
			copies[i].Add(1)
		}))))
	}
	b.set(func(e *proxy.Endpoint) { e.Shadow = shadows }, variant("a", 1, one(c)), variant("b", 3, one(c)))
	const n = 400
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for range n / 4 {
				if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
					in.Body = []byte(strings.Repeat(string(rune('a'+g)), 1000))
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	await(t, func() bool { return copies[2].Load() == n })
	// 100 are expected; ten standard deviations are 87.
	await(t, func() bool { return shadows[1].Instances[0].Outstanding() == 0 })
	if got := copies[1].Load(); got < 13 || got > 187 || copies[0].Load() != 0 {
		t.Errorf("%d, %d", copies[0].Load(), got)
	}
}

// slowConn sends nothing until it is let.
type slowConn struct {
	net.Conn
	let chan bool
}

func (c slowConn) Write(p []byte) (int, error) {
	<-c.let
	return c.Conn.Write(p)
}

// Shadow-1: a copy that takes its time is still the request that it was, when others
// have long gone through the same buffers.
func TestShadowKeepsBody(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	let, copied := make(chan bool), make(chan string, 1)
	s := b.container("", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		copied <- string(body)
	})
	dial := s.Dial
	s.Dial = func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx)
		return slowConn{conn, let}, err
	}
	send := func(letter string) string {
		body := strings.Repeat(letter, 40<<10) // more than is copied into one piece with the head
		if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = []byte(body) }); err != nil {
			t.Fatal(err)
		}
		return body
	}
	a := variant("a", 1, one(c))
	b.set(func(e *proxy.Endpoint) { e.Shadow = []*proxy.Variant{variant("s", 1, one(s))} }, a)
	want := send("a")
	b.set(nil, a)
	for range 50 {
		send("b")
	}
	close(let)
	if got := <-copied; got != want {
		t.Errorf("the copy has %d bytes, %d of them of other requests", len(got), strings.Count(got, "b"))
	}
}

// Copies that there is no room for are left out, and the request is none the worse.
func TestShadowWithoutRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{Beside: 10})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	s, copies := b.scripted("", func(int, int) (string, bool) { return hello, true })
	b.set(func(e *proxy.Endpoint) { e.Shadow = []*proxy.Variant{variant("s", 1, one(s))} }, variant("a", 1, one(c)))
	for _, size := range []int{11, 10} {
		if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = make([]byte, size) }); err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool { return copies.Load() == 1 })
	b.Close()
	if copies.Load() != 1 {
		t.Errorf("%d copies", copies.Load())
	}
}
