//go:build linux

package process

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// dialRelay connects to the address through a relay of its own.
func dialRelay(t *testing.T, to string) func() *net.TCPConn {
	t.Helper()
	l := listenLocal(t)
	go relay(l, to)
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

// TestRelayEnds: each direction ends by itself, after all of it has arrived.
func TestRelayEnds(t *testing.T) {
	t.Parallel()
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
	dial := dialRelay(t, l.Addr().String())
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

// TestRelayBreaks: a connection that cannot be made, or broke, is reset and not
// just ended, so that nobody takes half an answer for a whole one.
func TestRelayBreaks(t *testing.T) {
	t.Parallel()
	closed := listenLocal(t)
	closed.Close()
	via := listenLocal(t)
	go relay(via, closed.Addr().String())
	refused, err := net.Dial("tcp4", via.Addr().String())
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
	conn := dialRelay(t, l.Addr().String())()
	if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	conn.Write([]byte("x"))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the server broke it: %v", err)
	}
}

// TestRelayIsBounded: beyond so many connections further ones wait until others
// have ended.
func TestRelayIsBounded(t *testing.T) {
	t.Parallel()
	l := listenLocal(t)
	dial := dialRelay(t, l.Addr().String())
	arrived := make(chan net.Conn, relayed+10)
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
	for range relayed + 5 {
		clients = append(clients, dial())
	}
	for range relayed {
		<-arrived
	}
	select {
	case <-arrived:
		t.Fatal("one connection more")
	case <-time.After(100 * time.Millisecond): // that nothing happens has no signal
	}
	for i := range 5 {
		clients[i].Close()
	}
	for range 5 {
		<-arrived
	}
}
