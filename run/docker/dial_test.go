//go:build linux

package docker_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/sagebrush/sagebrush/run"
)

// TestDialTakenOver: a program that puts itself between the server and the first
// process hands over no connection, true answers or not.
func TestDialTakenOver(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "/.sagebrush/init tool serve 127.0.0.1:7805 & exec /.sagebrush/init takeover")
	p := start(t, r, s)
	await(t, "both", func() bool { return len(messages(t, s)) == 2 })
	if conn, err := p.Dial(t.Context(), 7805); err == nil || !strings.Contains(err.Error(), "taken the place") {
		t.Errorf("%v, %v; it said %q", conn, err, messages(t, s))
	}
	if err := p.Stop(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	wait(t, p)
}

// TestDialEvaded: one that takes the way away is not reached.
func TestDialEvaded(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "rm /.sagebrush/run/sock; echo up; sleep 1000")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	if _, err := p.Dial(t.Context(), 8080); !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, run.ErrEnded) {
		t.Errorf("got %v", err)
	}
}
