package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// parsed is an answer that was read to its end, or the error that it ended in.
type parsed struct {
	head
	body []byte
	err  error
}

func parse(r io.Reader) (p parsed) {
	br := bufio.NewReaderSize(r, readBuffer)
	if p.head, p.err = readHead(br); p.err != nil {
		return p
	}
	b := newBody(br, p.head)
	p.body, p.err = io.ReadAll(&b)
	return p
}

// theirs is what net/http makes of the same bytes.
func theirs(data []byte) (status int, body []byte, err error) {
	br := bufio.NewReaderSize(bytes.NewReader(data), readBuffer)
	for {
		resp, err := http.ReadResponse(br, &http.Request{Method: http.MethodPost})
		if err != nil {
			return 0, nil, err
		}
		body, err := io.ReadAll(resp.Body)
		if resp.StatusCode >= 200 || err != nil {
			return resp.StatusCode, body, err
		}
	}
}

var answers = []string{
	"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 3\r\n\r\n1,2",
	"HTTP/1.1 200 OK\nContent-Length: 3\n\n1,2",
	"HTTP/1.0 200 OK\r\n\r\nuntil the end",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
	"HTTP/1.1 404\r\nX-Amzn-SageMaker-Custom-Attributes: a\r\nConnection: close, x\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n1,2",
	"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	"HTTP/1.1 101 Switching Protocols\r\n\r\n",
	"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
	"HTTP/2 200\r\n\r\n", "hello\r\n\r\n", "\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
}

// FuzzAnswer holds the reader of answers against net/http's: what both take they
// read the same, and how the bytes arrive makes no difference.
func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := parse(bytes.NewReader(data))
		piecemeal := parse(iotest.OneByteReader(bytes.NewReader(data)))
		if whole.head != piecemeal.head || !bytes.Equal(whole.body, piecemeal.body) || (whole.err == nil) != (piecemeal.err == nil) {
			t.Errorf("read at once %+v, byte by byte %+v", whole, piecemeal)
		}
		if len(whole.body) > len(data) {
			t.Errorf("%d bytes made of %d", len(whole.body), len(data))
		}
		if strings.ContainsAny(whole.contentType+whole.custom, "\r\n\x00") {
			t.Errorf("a header holds a line end: %q, %q", whole.contentType, whole.custom)
		}
		if whole.err != nil {
			return
		}
		status, body, err := theirs(data)
		if err == nil && (status != whole.status || !bytes.Equal(body, whole.body)) {
			t.Errorf("%d %q, net/http: %d %q", whole.status, whole.body, status, body)
		}
	})
}

// What is no HTTP is told from what only broke off.
func TestAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 70)
	good := []struct {
		status int
		body   string
		close  bool
	}{{200, "1,2", false}, {200, "1,2", false}, {200, "until the end", true}, {200, "", false}, {201, "abc", false},
		{200, "0123456789", false}, {200, "abc", true}, {204, "", false}, {404, "", true}}
	for i, want := range good {
		got := parse(strings.NewReader(answers[i]))
		if got.err != nil || got.status != want.status || string(got.body) != want.body || got.close != want.close {
			t.Errorf("%.60q: %+v", answers[i], got)
		}
	}
	for _, answer := range append([]string{""}, answers[len(good):len(good)+2]...) {
		if got := parse(strings.NewReader(answer)); early(got.err) != io.ErrUnexpectedEOF {
			t.Errorf("%.60q: %v", answer, got.err)
		}
	}
	for _, answer := range append(answers[len(good)+2:len(answers):len(answers)],
		"HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", readBuffer)+"\r\n\r\n",
		"HTTP/1.1 200 OK\r\n"+long+"\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"+long,
		strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim)+"HTTP/1.1 200 OK\r\n\r\n") {
		var g garbage
		if got := parse(strings.NewReader(answer)); !errors.As(got.err, &g) {
			t.Errorf("%.60q: %v", answer, got.err)
		}
	}
}
