package faults

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// A server that is told to stop answers the requests under way, and waits for
// nothing else: not for connections that clients keep, nor for any that they
// opened and never used (which net/http alone would give five seconds).
func TestStop(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	if job := h.train("before", "exit 0"); job.TrainingJobStatus != "Completed" { // its connection is kept alive
		t.Fatalf("%+v", job)
	}
	h.connect() // silent
	secure := tls.Client(h.connect(), &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(h.connect(), "GET / HT")
	upload, rest := h.halfUpload()

	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop() }()
	for h.accepts() {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Fprint(upload, rest)
	begun := time.Now()
	answer, err := http.ReadResponse(bufio.NewReader(upload), nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the upload under way: %+v, %v", answer, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	// Far more than it takes, far less than what it took.
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("the stop took %v after the last request", took)
	}
}

// connect opens a connection.
func (h *house) connect() net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", h.Addr())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	return c
}

// accepts says whether the server takes connections.
func (h *house) accepts() bool {
	c, err := net.Dial("tcp", h.Addr())
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// halfUpload begins to put an object, until the server has begun to take it, and
// answers what is left to send.
func (h *house) halfUpload() (c net.Conn, rest string) {
	h.t.Helper()
	body := strings.Repeat("0123456789", 10)
	r, err := http.NewRequest(http.MethodPut, "http://"+h.Addr()+"/"+bucket+"/slow", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Expect", "100-continue")
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, h.Credentials(), "s3", server.Region, hex.EncodeToString(sum[:]), time.Now())
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		h.t.Fatal(err)
	}
	head, _, _ := strings.Cut(text.String(), "\r\n\r\n")
	c = h.connect()
	fmt.Fprint(c, head+"\r\n\r\n")
	// The server asks for the body when it has begun to read it.
	line := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := io.ReadFull(c, line); err != nil || !strings.Contains(string(line), "100 Continue") {
		h.t.Fatalf("%q, %v", line, err)
	}
	fmt.Fprint(c, body[:50])
	return c, body[50:]
}
