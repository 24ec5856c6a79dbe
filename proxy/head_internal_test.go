package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func reader(s string) *bufio.Reader { return bufio.NewReaderSize(strings.NewReader(s), readBuffer) }

// InvokeEndpoint-1: what counts of an answer's head.
func TestReadHead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]head{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n": {status: 200, length: 5},
		"HTTP/1.1 200\r\ncontent-LENGTH:5\r\n\r\n":     {status: 200, length: 5},
		"HTTP/1.1 200 OK\nContent-Length: 5\n\n":       {status: 200, length: 5},
		"HTTP/1.1 200 OK\r\n\r\n":                      {status: 200, length: -1, close: true},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Type: \ta/b ; c=d \r\nX-Amzn-SageMaker-Custom-Attributes: x\r\nX-Other: y\r\n\r\n": {
			status: 200, length: -1, chunked: true, contentType: "a/b ; c=d", custom: "x"},
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, Close\r\n\r\n":               {status: 200, length: 5, close: true},
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n": {status: 200, length: 5, close: true},
		"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n":                                                {status: 200, length: 5, close: true},
		"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n":                      {status: 200, length: 5},
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n":                           {status: 200, length: 5},
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n":                  {status: 200, length: -1, chunked: true, close: true},
		"HTTP/1.1 204 No Content\r\n\r\n":                                                             {status: 204},
		"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n":                               {status: 204},
		"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n":          {status: 204, close: true},
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n": {
			status: 200, length: 1},
		"HTTP/1.1 503 \r\nContent-Length: 0\r\nContent-Type: a\x01b\x7fc\r\n\r\n": {status: 503, contentType: "a b c"},
	} {
		if got, err := readHead(reader(text)); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// InvokeEndpoint-2: what is no HTTP is refused in words, and what ends early is an
// early end.
func TestReadBadHead(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for text, words := range map[string]string{
		"hello\r\n\r\n":                                                         `it begins with "hello"`,
		"HTTP/2.0 200 OK\r\n\r\n":                                               "it begins with",
		"HTTP/1.2 200 OK\r\n\r\n":                                               "it begins with",
		"HTTP/1.1 2000 OK\r\n\r\n":                                              "it begins with",
		"HTTP/1.1 099 Low\r\n\r\n":                                              "it begins with",
		"HTTP/1.1 -20 Sign\r\n\r\n":                                             "it begins with",
		"\r\nHTTP/1.1 200 OK\r\n\r\n":                                           "it begins with",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                              "changes the protocol",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim):             "interim answers",
		ok + "no colon\r\n\r\n":                                                 "no line of a header",
		ok + ": nameless\r\n\r\n":                                               "no line of a header",
		ok + "Na me: x\r\n\r\n":                                                 "no line of a header",
		ok + "Name : x\r\n\r\n":                                                 "no line of a header",
		ok + "A: b\r\n folded\r\n\r\n":                                          "no line of a header",
		ok + "Content-Length: +5\r\n\r\n":                                       "Content-Length",
		ok + "Content-Length:\r\n\r\n":                                          "Content-Length",
		ok + "Content-Length: 5, 5\r\n\r\n":                                     "Content-Length",
		ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n":                   "Content-Length",
		ok + "Content-Length: 9999999999999999999\r\n\r\n":                      "Content-Length",
		ok + "Transfer-Encoding: gzip, chunked\r\n\r\n":                         "Transfer-Encoding",
		ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n": "Transfer-Encoding",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n":                 "Transfer-Encoding",
		ok + "A: " + strings.Repeat("x", readBuffer) + "\r\n\r\n":               "a line exceeds",
		ok + strings.Repeat("A: "+strings.Repeat("x", 8000)+"\r\n", 9):          "its header exceeds",
	} {
		_, err := readHead(reader(text))
		var g garbage
		if !errors.As(err, &g) || !strings.Contains(g.Error(), words) {
			t.Errorf("%.60q: %v, want %q", text, err, words)
		}
	}
	const whole = ok + "Content-Length: 5\r\n\r\n"
	for n := range len(whole) {
		if _, err := readHead(reader(whole[:n])); !errors.Is(err, io.EOF) {
			t.Errorf("%q: %v", whole[:n], err)
		}
	}
}

// readAnswer is head and body, as the data path reads them.
func readAnswer(r *bufio.Reader) (head, []byte, error) {
	h, err := readHead(r)
	if err != nil {
		return h, nil, err
	}
	b := newBody(r, h)
	data, err := io.ReadAll(&b)
	return h, data, err
}

// A chunked body ends where it says; whatever breaks off or lies is an error.
func TestReadBody(t *testing.T) {
	t.Parallel()
	const chunked, five = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	for text, want := range map[string]string{
		five + "hello":                                                 "hello",
		five + "hello, and more of it":                                 "hello",
		"HTTP/1.1 200 OK\r\n\r\nto the end":                            "to the end",
		"HTTP/1.1 204 No Content\r\n\r\nnot this":                      "",
		chunked + "0\r\n\r\n":                                          "",
		chunked + "5\r\nhello\r\n000A;x=y\r\n, and more\r\n0\r\n\r\n":  "hello, and more",
		chunked + "5 \r\nhello\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n": "hello",
	} {
		if _, got, err := readAnswer(reader(text)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, words := range map[string]string{
		"5\r\nhello!\r\n0\r\n\r\n": "longer than it says",
		"x\r\n":                    "no length of a chunk",
		"-1\r\n":                   "no length of a chunk",
		"\r\n":                     "a chunk has no length",
		";ext\r\n":                 "a chunk has no length",
		"1000000000000000\r\n":     "a chunk is too long",
		"0\r\n" + strings.Repeat("T: "+strings.Repeat("x", 8000)+"\r\n", 10): "its trailer exceeds",
	} {
		_, _, err := readAnswer(reader(chunked + text))
		var g garbage
		if !errors.As(err, &g) || !strings.Contains(g.Error(), words) {
			t.Errorf("%.60q: %v, want %q", text, err, words)
		}
	}
	for _, whole := range []string{five + "hello", chunked + "5\r\nhello\r\n0\r\nT: x\r\n\r\n"} {
		for n := strings.Index(whole, "\r\n\r\n") + 4; n < len(whole); n++ {
			if _, _, err := readAnswer(reader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q: %v", whole[:n], err)
			}
		}
	}
}

// FuzzHead: no answer makes the parser panic or read on without end. What net/http
// understands as well, we understand in the same way.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nto the end",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\nConnection: close\n\n",
		"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nX-Amzn-SageMaker-Custom-Attributes: a\x01b\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
		"hello, I am no HTTP server\r\n\r\n",
		"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		h, data, err := readAnswer(bufio.NewReaderSize(bytes.NewReader(answer), readBuffer))
		if h.status != 0 && (h.status < 100 || h.status > 999) || len(data) > len(answer) {
			t.Fatalf("%+v, %d bytes of %d", h, len(data), len(answer))
		}
		var g garbage
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &g) {
				t.Fatalf("untyped %v", err)
			}
			return
		}
		if strings.ContainsAny(h.contentType+h.custom, "\r\n\x00") {
			t.Fatalf("%q, %q go into a header", h.contentType, h.custom)
		}
		theirs, body, ok := theirAnswer(answer)
		if !ok {
			return
		}
		if theirs.StatusCode != h.status || !bytes.Equal(body, data) {
			t.Fatalf("%+v with %q, where net/http reads %d with %q", h, data, theirs.StatusCode, body)
		}
		if theirs.Close && !h.close && h.status != 204 && h.status != 304 {
			t.Fatalf("%+v is kept, which net/http would close", h)
		}
	})
}

// theirAnswer is the final answer as net/http understands it.
func theirAnswer(answer []byte) (*http.Response, []byte, bool) {
	r := bufio.NewReaderSize(bytes.NewReader(answer), readBuffer)
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return nil, nil, false
		}
		if resp.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		return resp, body, err == nil
	}
}
