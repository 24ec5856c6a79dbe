package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/wire/http1"
)

// passing is a listener of the connections that were passed on.
type passing struct {
	net.Listener
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *passing) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *passing) Close() error { p.once.Do(func() { close(p.done) }); return nil }

// replayed is a connection of which some has been read.
type replayed struct {
	net.Conn
	r io.Reader
}

func (r *replayed) Read(p []byte) (int, error) { return r.r.Read(p) }

// server is a Server with net/http behind it.
type server struct {
	*http1.Server
	addr   string
	passed chan string // what had been read of each connection that was passed on
}

func serve(t *testing.T, o http1.Options) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.Accepts == nil {
		o.Accepts = func(_, path string) bool { return strings.HasPrefix(path, "/fast/") }
	}
	s := &server{http1.New(o), l.Addr().String(), make(chan string, 1000)}
	behind := &passing{Listener: l, conns: make(chan net.Conn), done: make(chan struct{})}
	h := &http.Server{Handler: o.Handler, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = h.Serve(behind) }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				rest, passed := s.Serve(c, nil)
				if !passed {
					return
				}
				s.passed <- string(rest)
				select {
				case behind.conns <- &replayed{c, io.MultiReader(bytes.NewReader(rest), c)}:
				case <-behind.done:
					c.Close()
				}
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		_ = h.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c, bufio.NewReader(c)
}

func post(path, body string, lines ...string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n" + strings.Join(append(lines, ""), "\r\n") + "\r\n" + body
}

// answered reads an answer: its head without ids and dates, its body, and how that ended.
func answered(r *bufio.Reader) string {
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return "error: " + clean(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Header.Del("Date")
	return fmt.Sprintf("%s %s %v %v close=%t %q %s", res.Proto, res.Status, res.Header, res.TransferEncoding, res.Close, body, clean(err))
}

// clean tells ends apart, not how an end looks.
func clean(err error) string {
	switch {
	case err == nil:
		return "whole"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "reset by peer"):
		return "cut"
	}
	return err.Error()
}

// all is a handler that does all that handlers do.
func all(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	switch what := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; what {
	case "echo":
		body, err := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "x/y")
		fmt.Fprintf(w, "%s %s %s %v %d %q %v", r.Method, r.Host, r.RequestURI, r.Header, r.ContentLength, body, err)
	case "length":
		w.Header()["Content-Type"] = nil
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hello")
		_, err := io.WriteString(w, "more")
		if !errors.Is(err, http.ErrContentLength) {
			panic(err)
		}
	case "short":
		w.Header()["Content-Type"] = nil
		w.Header().Set("Content-Length", "50")
		_, _ = io.WriteString(w, "hello")
	case "parts":
		w.Header()["Content-Type"] = nil
		for i := range 5 {
			fmt.Fprintf(w, "part %d ", i)
			_ = control.Flush()
		}
	case "long", "longer":
		w.Header()["Content-Type"] = nil
		if what == "longer" {
			w.Header().Set("Content-Length", "500000")
		}
		for range 100 {
			_, _ = w.Write(bytes.Repeat([]byte("abcde"), 1000))
		}
	case "nothing":
	case "empty":
		w.WriteHeader(http.StatusNoContent)
		if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	case "status":
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
	case "bad-header":
		w.Header()["X-Bad"] = []string{" a\r\nX-Smuggled: b ", "c"}
		w.Header()["X Bad: d\r\ne"] = []string{"f"}
	case "close":
		w.Header().Set("Connection", "close")
	case "panic":
		panic("as tests want it")
	case "abort":
		w.Header()["Content-Type"] = nil
		w.Header().Set("Content-Length", "50")
		_, _ = io.WriteString(w, "hello")
		_ = control.Flush()
		panic(http.ErrAbortHandler)
	}
}

// Both ways give the same answers, but for the framing of those that announce no
// length, the same of which may be sent in chunks; and the type that net/http guesses.
func TestLikeNetHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, http1.Options{Handler: http.HandlerFunc(all)})
	for _, what := range []string{"echo", "length", "short", "parts", "long", "longer", "nothing", "empty", "status", "bad-header", "close", "panic", "abort"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, body := range []string{"", "hello", strings.Repeat("0123456789", 10_000), strings.Repeat("x", 1<<20)} {
				var got [2]string
				for i, path := range []string{"/fast/", "/slow/"} {
					c, r := dial(t, s.addr)
					_ = c.(*net.TCPConn).SetWriteBuffer(8 << 20) // all of it may be sent before the answer
					fmt.Fprint(c, post(path+what, body, "X-One: 1", "x-one: 2", "User-Agent: me"))
					first := answered(r)
					fmt.Fprint(c, post(path+"echo", "again"))
					got[i] = strings.ReplaceAll(first+" then "+answered(r), path, "/")
				}
				if got[0] != got[1] {
					t.Errorf("body of %d bytes:\n%.400s, want\n%.400s", len(body), got[0], got[1])
				}
			}
		})
	}
}

// However the bytes arrive, and whatever stands behind whatever, each request gets its answer.
func TestPieces(t *testing.T) {
	t.Parallel()
	s := serve(t, http1.Options{Handler: http.HandlerFunc(all)})
	long := strings.Repeat("0123456789", 2000)
	stream := post("/fast/echo", "one") + post("/fast/echo", long, "X-Pad: "+strings.Repeat("p", 6000)) + post("/fast/parts", "") + post("/fast/echo", "three") +
		"GET /slow/echo HTTP/1.1\r\nHost: x\r\n\r\n" + post("/fast/echo", "five")
	want := ""
	for _, size := range []int{1 << 20, 1, 7, 1000, 4096, 4097} {
		c, r := dial(t, s.addr)
		go func() {
			for rest := stream; rest != ""; {
				n := min(size, len(rest))
				if _, err := io.WriteString(c, rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		got := ""
		for range 6 {
			got += answered(r) + "\n"
		}
		if want == "" {
			want = got
			if strings.Contains(got, "error") || strings.Count(got, "200 OK") != 6 || !strings.Contains(got, "0123456789") {
				t.Fatalf("answered %.2000s", got)
			}
		}
		if got != want {
			t.Errorf("in pieces of %d bytes: %.2000s, want %.2000s", size, got, want)
		}
		if rest := <-s.passed; !strings.HasPrefix(rest, "GET /slow") {
			t.Errorf("passed on: %.60q", rest)
		}
	}
}

// What is not for here is passed on before anything of it was answered, as soon as
// that is known.
func TestPassedOn(t *testing.T) {
	t.Parallel()
	s := serve(t, http1.Options{Handler: http.HandlerFunc(all)})
	for _, text := range []string{
		"G", "PUT", "POST h", "POST /fast/echo HTTP/1.1\nHost: x\n", post("/other", ""), post("/fast/echo", "", "Expect: 100-continue"),
		"POST /fast/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"POST /fast/echo HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20_000), "\x16\x03\x01", "\r\n",
	} {
		c, _ := dial(t, s.addr)
		fmt.Fprint(c, text)
		if rest := <-s.passed; !strings.HasPrefix(text, rest) || rest == "" {
			t.Errorf("%.60q: passed on: %.60q", text, rest)
		}
		c.Close()
	}
}

// Clients and handlers at once, each with answers of its own.
func TestMany(t *testing.T) {
	t.Parallel()
	s := serve(t, http1.Options{Handler: http.HandlerFunc(all)})
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			c, r := dial(t, s.addr)
			for i := range 200 {
				body := fmt.Sprintf("%d of %d", i, n)
				fmt.Fprint(c, post("/fast/echo", body, fmt.Sprintf("X-%d: %d", i%3, n)))
				got := answered(r)
				if !strings.Contains(got, body) || !strings.Contains(got, fmt.Sprintf("X-%d:[%d]", i%3, n)) || strings.Count(got, "X-") != 1 {
					t.Errorf("%s: %s", body, got)
					return
				}
			}
		})
	}
	wg.Wait()
}
