//go:build linux

package relay_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run/internal/relay"
)

// ways are the two that a connection is relay.Limit: at once, and over a unix socket
// between two that relay.
var ways = map[string]func(t *testing.T, to string) net.Listener{
	"direct": func(t *testing.T, to string) net.Listener {
		l := listenLocal(t)
		go relay.Serve(l, func() (net.Conn, error) { return net.Dial("tcp4", to) })
		return l
	},
	"framed": func(t *testing.T, to string) net.Listener {
		path := filepath.Join(t.TempDir(), "sock")
		door, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { door.Close() })
		go relay.Serve(relay.FramedListener(door), func() (net.Conn, error) { return net.Dial("tcp4", to) })
		l := listenLocal(t)
		go relay.Serve(l, func() (net.Conn, error) { return relay.DialFramed(path, 10*time.Second) })
		return l
	},
}

// both runs a test for each way.
func both(t *testing.T, test func(t *testing.T, via func(t *testing.T, to string) net.Listener)) {
	t.Parallel()
	for name, via := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, via)
		})
	}
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// dialer connects to a listener.
func dialer(t *testing.T, l net.Listener) func() *net.TCPConn {
	t.Helper()
	return func() *net.TCPConn {
		conn, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		return conn.(*net.TCPConn)
	}
}

// TestEnds: each direction ends by itself, after all of it has arrived.
func TestEnds(t *testing.T) { both(t, testEnds) }

func testEnds(t *testing.T, via func(t *testing.T, to string) net.Listener) {
	l := listenLocal(t)
	want := make([]byte, 5<<20)
	rand.Read(want)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				// The server ends first, the client afterwards.
				conn.Write(want)
				conn.(*net.TCPConn).CloseWrite()
				got, err := io.ReadAll(conn)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("the server got %d bytes, %v", len(got), err)
				}
			}()
		}
	}()
	dial := dialer(t, via(t, l.Addr().String()))
	var all sync.WaitGroup
	for range 8 {
		conn := dial()
		all.Go(func() {
			got, err := io.ReadAll(conn)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("the client got %d bytes, %v", len(got), err)
			}
			if _, err := conn.Write(want); err != nil {
				t.Error(err)
			}
			conn.CloseWrite()
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestBreaks: a connection that cannot be made, or broke, is reset and not
// just ended, so that nobody takes half an answer for a whole one.
func TestBreaks(t *testing.T) { both(t, testBreaks) }

func testBreaks(t *testing.T, via func(t *testing.T, to string) net.Listener) {
	closed := listenLocal(t)
	closed.Close()
	refused, err := net.Dial("tcp4", via(t, closed.Addr().String()).Addr().String())
	if err == nil {
		_, err = refused.Read(make([]byte, 1))
	}
	if !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("nobody listens: %v", err)
	}
	l := listenLocal(t)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.Write([]byte("half"))
		io.ReadFull(conn, make([]byte, 1))
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}()
	conn := dialer(t, via(t, l.Addr().String()))()
	if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	conn.Write([]byte("x"))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the server broke it: %v", err)
	}
}

// TestIsBounded: beyond so many connections further ones wait until others
// have ended.
func TestIsBounded(t *testing.T) { both(t, testIsBounded) }

func testIsBounded(t *testing.T, via func(t *testing.T, to string) net.Listener) {
	l := listenLocal(t)
	dial := dialer(t, via(t, l.Addr().String()))
	arrived := make(chan net.Conn, relay.Limit+10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			arrived <- conn
			go func() {
				defer conn.Close() // once the client has
				io.Copy(io.Discard, conn)
			}()
		}
	}()
	var clients []*net.TCPConn
	for range relay.Limit + 5 {
		clients = append(clients, dial())
	}
	arrive := func(n int) {
		t.Helper()
		for i := range n {
			select {
			case <-arrived:
			case <-time.After(time.Minute):
				t.Fatalf("%d of %d connections arrived", i, n)
			}
		}
	}
	arrive(relay.Limit)
	select {
	case <-arrived:
		t.Fatal("one connection more")
	case <-time.After(100 * time.Millisecond): // that nothing happens has no signal
	}
	for i := range 5 {
		clients[i].Close()
	}
	arrive(5)
}
