package fake_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
)

// TestServe: the variables of a model's server do what the package says.
func TestServe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env          map[string]string
		args         []string
		port         int
		ping, status int
		body, kind   string
	}{
		"plain":    {nil, []string{"serve"}, 8080, 200, 200, "hello", "text/csv"},
		"variable": {map[string]string{"FAKE_SERVE": "1"}, nil, 8080, 200, 200, "hello", "text/csv"},
		"port":     {map[string]string{"SAGEMAKER_BIND_TO_PORT": "9000"}, []string{"serve"}, 9000, 200, 200, "hello", "text/csv"},
		"ill":      {map[string]string{"FAKE_PING_STATUS": "503"}, []string{"serve"}, 8080, 503, 200, "hello", "text/csv"},
		"answer": {map[string]string{"FAKE_INVOKE_RESPONSE": `{"a":1}`, "FAKE_INVOKE_TYPE": "application/json", "FAKE_INVOKE_STATUS": "500", "FAKE_INVOKE_DELAY": "0.01", "FAKE_PING_DELAY": "0.01"},
			[]string{"serve"}, 8080, 200, 500, `{"a":1}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, run.Spec{ID: "a", Image: "x", Args: c.args, Env: c.env})
			client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return await(ctx, p, c.port) }}}
			defer client.CloseIdleConnections()
			answer, err := client.Get("http://x/ping")
			if err != nil || answer.StatusCode != c.ping {
				t.Fatalf("%+v, %v", answer, err)
			}
			answer.Body.Close()
			answer, err = client.Post("http://x/invocations", "text/csv", strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil || string(body) != c.body || answer.StatusCode != c.status || answer.Header.Get("Content-Type") != c.kind {
				t.Errorf("%q, %+v, %v", body, answer, err)
			}
		})
	}
}

// TestServeNot: what does not listen, yet or at all, refuses; what is bounded ends.
func TestServeNot(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]run.Spec{
		"trains":  {Env: map[string]string{"FAKE_SLEEP": "1h"}},
		"told":    {Env: map[string]string{"FAKE_SLEEP": "1h", "FAKE_SERVE": "0"}, Args: []string{"serve"}},
		"not yet": {Env: map[string]string{"FAKE_SERVE_AFTER": "1h"}, Args: []string{"serve"}},
	} {
		s.ID, s.Image = "a", "x"
		if _, err := start(t, s).Dial(t.Context(), 8080); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := start(t, run.Spec{ID: "a", Image: "x", Args: []string{"serve"}, Env: map[string]string{"FAKE_SLEEP": "0.01", "FAKE_EXIT_CODE": "3"}})
	if e, err := p.Wait(t.Context()); err != nil || e.Code != 3 {
		t.Errorf("%+v, %v", e, err)
	}
	r := fake.New()
	p, err := r.Start(t.Context(), run.Spec{ID: "a", Image: "x", Args: []string{"serve"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Lose(p.Handle())
	if _, err := p.Dial(t.Context(), 8080); !errors.Is(err, run.ErrLost) {
		t.Errorf("lost: %v", err)
	}
}

func start(t *testing.T, s run.Spec) run.Process {
	t.Helper()
	p, err := fake.New().Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(context.Background(), 0) })
	return p
}

// await connects once the program listens.
func await(ctx context.Context, p run.Process, port int) (net.Conn, error) {
	for {
		conn, err := p.Dial(ctx, port)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Millisecond):
		}
	}
}
