//go:build linux

package docker_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// container is the engine's ID of a program's container.
func container(t *testing.T, id string) string {
	t.Helper()
	list, err := engine(t).api.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", docker.LabelID+"="+id)})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("containers of %s: %v, %v", id, list.Items, err)
	}
	return list.Items[0].ID
}

// TestContainerKilled: an end that only the engine saw is told as it saw it, also
// to the next server and by a Start again.
func TestContainerKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	s := script(t, t.Name(), "echo up; sleep 1000")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	if _, err := engine(t).api.ContainerKill(t.Context(), container(t, s.ID), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if e := wait(t, p); e.Signal != "SIGKILL" || e.OOMKilled || !e.EndedAt.After(e.StartedAt) {
			t.Errorf("%+v", e)
		}
		p = start(t, newRunner(t, dir), s)
	}
	if got := messages(t, s); !slices.Equal(got, []string{"up"}) {
		t.Errorf("log %q", got)
	}
}

// TestContainerStopped: whoever stops the container by hand sends the program a
// SIGTERM, whatever signal the image names, and its end is recorded.
func TestContainerStopped(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	if _, err := engine(t).api.ContainerStop(t.Context(), container(t, s.ID), client.ContainerStopOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, p); e.Code != 5 || e.TimedOut {
		t.Errorf("%+v", e)
	}
}

// TestContainerRemoved: without the container and without a record the end is
// unknown, and only Remove makes the ID free.
func TestContainerRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	s := script(t, t.Name(), "echo up; sleep 1000")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	if _, err := engine(t).api.ContainerRemove(t.Context(), container(t, s.ID), client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(t.Context()); !errors.Is(err, run.ErrLost) {
		t.Errorf("wait: %v", err)
	}
	again := newRunner(t, dir)
	if _, err := again.Attach(t.Context(), p.Handle()); !errors.Is(err, run.ErrLost) {
		t.Errorf("attach: %v", err)
	}
	if _, err := start(t, again, s).Wait(t.Context()); !errors.Is(err, run.ErrLost) {
		t.Errorf("start again: %v", err)
	}
	if err := p.Stop(t.Context(), 0); err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, err := p.Usage(t.Context()); !errors.Is(err, run.ErrLost) {
		t.Errorf("usage: %v", err)
	}
	if err := again.Remove(t.Context(), p.Handle()); err != nil {
		t.Fatal(err)
	}
	s.Command[2] = "exit 0"
	if e := wait(t, start(t, again, s)); !e.OK() {
		t.Errorf("%+v", e)
	}
}

// TestRunsOnce: a container that somebody starts anew does not run its program
// again, and the record of its end stays.
func TestRunsOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	s := script(t, t.Name(), "echo ran; exit 4")
	p := start(t, r, s)
	wait(t, p)
	id := container(t, s.ID)
	stopped := func() {
		got := engine(t).api.ContainerWait(t.Context(), id, client.ContainerWaitOptions{})
		select {
		case err := <-got.Error:
			t.Fatal(err)
		case <-got.Result:
		}
	}
	stopped()
	if _, err := engine(t).api.ContainerStart(t.Context(), id, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	stopped()
	if e := wait(t, start(t, newRunner(t, dir), s)); e.Code != 4 {
		t.Errorf("%+v", e)
	}
	if got := messages(t, s); !slices.Equal(got, []string{"ran"}) {
		t.Errorf("log %q", got)
	}
}

// TestDeepStateDirectory: a unix socket's path is short, a data directory's need
// not be.
func TestDeepStateDirectory(t *testing.T) {
	t.Parallel()
	r := newRunner(t, filepath.Join(t.TempDir(), strings.Repeat("deep/", 40)))
	s := script(t, t.Name(), "exec sleep 1000")
	s.Network = run.Network{ID: t.Name(), Hosts: []string{"algo-1"}, Reach: []string{"127.0.0.1:9"}}
	p := start(t, r, s)
	if err := p.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, p); e.Signal != "SIGTERM" {
		t.Errorf("%+v", e)
	}
}
