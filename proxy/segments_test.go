package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
)

// A container that writes the head and the body of its answer in two segments, as
// Python's http.server does, is not waited for longer than others: its system keeps
// the second back until ours has acknowledged the first.
func TestTwoSegments(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can be told to acknowledge at once")
	}
	b := setup(t, proxy.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.(*net.TCPConn).SetNoDelay(false) // as everybody's but Go's
			go func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
					_, _ = io.WriteString(c, "01234")
					_, _ = io.WriteString(c, "56789")
				}
			}()
		}
	}()
	b.set(nil, variant("a", 1, one(at("", l.Addr().String()))))
	var took []time.Duration
	for range 50 { // a new connection is acknowledged at once for a while
		begun := time.Now()
		if out, err := b.invoke(nil); err != nil || string(out.Body) != "0123456789" {
			t.Fatal(out, err)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	if took[25] > 20*time.Millisecond {
		t.Errorf("it takes %v", took[25])
	}
}
