package faults

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// wellRefused wants an answer with the status, an id to find it in the log by,
// and a text that holds the words.
func wellRefused(t *testing.T, err error, status int, words ...string) {
	t.Helper()
	refused(t, err, status, words...)
	var r *server.Refusal
	if errors.As(err, &r) && r.Header.Get("X-Amzn-Requestid") == "" && r.Header.Get("X-Amz-Request-Id") == "" {
		t.Errorf("no request id: %v", r.Header)
	}
}

// healthy looks whether the server still works.
func (h *house) healthy() {
	h.t.Helper()
	if !h.Running() {
		h.t.Fatal("the server has ended")
	}
	if _, err := h.client.S3(h.ctx, "GET", "/"+bucket, nil); err != nil {
		h.t.Errorf("afterwards: %v", err)
	}
	if err := h.client.Call(h.ctx, "sagemaker", "SageMaker.ListTrainingJobs", map[string]any{}, nil); err != nil {
		h.t.Errorf("afterwards: %v", err)
	}
	if strings.Contains(h.Log(), "panic") {
		h.t.Error("something panicked, see the log")
	}
}

// Bodies of operations that are no good (X-1 and its neighbours).
func TestBadBodies(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	const json11 = "application/x-amz-json-1.1"
	for name, c := range map[string]struct {
		contentType, body string
		status            int
		words             string
	}{
		"empty":               {json11, "", 400, "SerializationException"},
		"no object":           {json11, `[1,2]`, 400, "SerializationException"},
		"cut short":           {json11, `{"TrainingJobName": "a`, 400, "SerializationException"},
		"two values":          {json11, `{} {}`, 400, "SerializationException"},
		"garbage":             {json11, "\x00\x01\x02", 400, "SerializationException"},
		"wrong type":          {json11, `{"TrainingJobName": 7}`, 400, "SerializationException"},
		"duplicate names":     {json11, `{"TrainingJobName": "a", "TrainingJobName": "b"}`, 400, ""},
		"invalid UTF-8":       {json11, "{\"TrainingJobName\": \"a\xff\xfe\"}", 400, ""},
		"lone surrogate":      {json11, `{"TrainingJobName": "a\ud800"}`, 400, ""},
		"name with a newline": {json11, `{"TrainingJobName": "a\nb"}`, 400, "regular expression"},
		"name with a path":    {json11, `{"TrainingJobName": "../../etc/passwd"}`, 400, "regular expression"},
		"name too long":       {json11, `{"TrainingJobName": "` + strings.Repeat("a", 64) + `"}`, 400, "63"},
		"nested unknown":      {json11, `{"Unknown": ` + deep + `}`, 400, ""},
		"nested lists":        {json11, `{"TrainingJobName": ` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, 400, "SerializationException"},
		"form":                {"application/x-www-form-urlencoded", "Action=DescribeTrainingJob", 404, "Content-Type"},
		"XML":                 {"text/xml", "<a/>", 404, "Content-Type"},
		"wrong content type":  {"image/png", `{"TrainingJobName": "a"}`, 404, "Content-Type"},
		"20 MB":               {json11, `{"TrainingJobName": "` + strings.Repeat("a", 20_000_000) + `"}`, 413, "exceeds"},
		"big number":          {json11, `{"TrainingJobName": 1e999999999}`, 400, "SerializationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.client.Do(h.ctx, "sagemaker", []byte(c.body), func(base string) (*http.Request, error) {
				r, err := http.NewRequest(http.MethodPost, base+"/", strings.NewReader(c.body))
				if err == nil {
					r.Header.Set("Content-Type", c.contentType)
					r.Header.Set("X-Amz-Target", "SageMaker.DescribeTrainingJob")
				}
				return r, err
			})
			wellRefused(t, err, c.status, c.words)
		})
	}
	h.healthy()
}

// Bytes on the port that are no good request.
func TestGarbageOnThePort(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	const end = "\r\nHost: x\r\nConnection: close\r\n\r\n"
	requests := map[string]struct {
		bytes  string
		status int  // 0: the connection may just be closed
		id     bool // net/http refuses what it cannot read at all, without an id
	}{
		"nothing":             {"", 0, false},
		"noise":               {string(noise(4096)), 0, false},
		"zeros":               {strings.Repeat("\x00", 4096), 0, false},
		"half a handshake":    {"\x16\x03\x01\x02\x00\x01\x00\x01", 0, false},
		"a line without end":  {strings.Repeat("A", 1<<20), 0, false},
		"HTTP/2 preface":      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, false},
		"HTTP/9":              {"GET / HTTP/9.9" + end, 0, false},
		"no host":             {"GET / HTTP/1.1\r\n\r\n", 400, false},
		"two lengths":         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, false},
		"length and chunks":   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", 0, false},
		"negative length":     {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, false},
		"bad chunks":          {"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nZZ\r\n", 400, true},
		"unsigned":            {"POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nContent-Length: 2" + end + "{}", 403, true},
		"nonsense signature":  {"POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nAuthorization: AWS4-HMAC-SHA256 nonsense\r\nContent-Length: 2" + end + "{}", 400, true},
		"unknown operation":   {"POST / HTTP/1.1\r\nX-Amz-Target: Nobody.Knows\r\nContent-Length: 2" + end + "{}", 404, true},
		"unknown method":      {"BREW /" + bucket + "/key HTTP/1.1" + end, 403, true},
		"100 KiB of headers":  {"GET /" + bucket + " HTTP/1.1\r\nX-Filler: " + strings.Repeat("x", 100<<10) + end, 431, true},
		"a thousand headers":  {"GET /" + bucket + " HTTP/1.1\r\n" + strings.Repeat("X-Filler: x\r\n", 8000) + "Connection: close" + end, 431, true},
		"1 MiB of headers":    {"GET /" + bucket + " HTTP/1.1\r\nX-Filler: " + strings.Repeat("x", 1<<20) + end, 431, false},
		"100 KiB of path":     {"GET /" + bucket + "/" + strings.Repeat("x", 100<<10) + " HTTP/1.1" + end, 431, true},
		"bad escapes":         {"GET /" + bucket + "/%zz HTTP/1.1" + end, 400, false},
		"proxy to nowhere":    {"CONNECT nowhere.invalid:443 HTTP/1.1" + end, 502, false},
		"proxy with no port":  {"CONNECT / HTTP/1.1" + end, 0, false},
		"body that is missed": {"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nContent-Length: 100\r\n\r\n{", 400, true},
	}
	t.Run("all", func(t *testing.T) {
		for name, c := range requests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				resp, err := raw(t, h.Addr(), c.bytes)
				if err != nil {
					if c.status != 0 {
						t.Errorf("no answer: %v", err)
					}
					return
				}
				if resp.StatusCode < 400 || resp.StatusCode > 599 || c.status != 0 && resp.StatusCode != c.status {
					t.Errorf("status %d, want %d", resp.StatusCode, c.status)
				}
				if c.id && resp.Header.Get("X-Amz-Request-Id") == "" {
					t.Errorf("status %d without a request id: %v", resp.StatusCode, resp.Header)
				}
			})
		}
	})
	h.healthy()
}

// raw sends bytes and nothing more, and reads the answer.
func raw(t *testing.T, addr, text string) (*http.Response, error) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.WriteString(c, text) // the server may hang up on us
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	c.Close()
	<-sent
	return resp, err
}

// Slow clients keep nobody else waiting.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	for i := range 300 {
		c, err := net.Dial("tcp", h.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, []string{"", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nContent-Length: 100\r\n\r\n{",
			"PUT /" + bucket + "/key HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx", "\x16\x03\x01"}[i%5])
	}
	h.healthy()
	if job := h.train("beside", "exit 0"); job.TrainingJobStatus != "Completed" {
		t.Errorf("%+v", job)
	}
}
