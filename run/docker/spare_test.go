//go:build linux

package docker_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// newStocked is newRunner with a spare network of each kind that was wanted.
func newStocked(t *testing.T, dir string) *docker.Runner {
	t.Helper()
	r, err := docker.New(t.Context(), docker.Config{Dir: dir, Init: []string{engine(t).init}, Spares: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// names are the engine's names of a runner's networks, sorted.
func names(t *testing.T, r *docker.Runner) []string {
	t.Helper()
	list, err := engine(t).api.NetworkList(t.Context(), client.NetworkListOptions{Filters: client.Filters{}.Add("label", docker.LabelOwner+"="+r.Owner())})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range list.Items {
		out = append(out, n.Name)
	}
	slices.Sort(out)
	return out
}

// spares are those of them that began as spare ones.
func spares(t *testing.T, r *docker.Runner) []string {
	t.Helper()
	return slices.DeleteFunc(names(t, r), func(name string) bool { return !strings.Contains(name, "-spare-") })
}

// on is a job's program that stays, on a network of its own.
func on(t *testing.T, r *docker.Runner, id, host string, n run.Network) (run.Spec, run.Process) {
	t.Helper()
	s := script(t, t.Name()+"/"+id+host, "hostname -i; while :; do hostname | nc -l -p 7000; done")
	n.ID = t.Name() + "/" + id
	s.Hostname, s.Network = host, n
	p := start(t, r, s)
	await(t, "a line", func() bool { return len(messages(t, s)) > 0 })
	return s, p
}

// TestSpare: the next job's network is the one that was ready, all its hosts are
// on it, no other job ever is, it goes with the job, and spare ones with the
// server.
func TestSpare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newRunner(t, dir) // removes at the end what a failure leaves
	r := newStocked(t, dir)
	one := run.Network{Hosts: []string{"algo-1"}}
	_, first := on(t, r, "first", "algo-1", one)
	await(t, "a spare network", func() bool { return len(spares(t, r)) == 1 })
	spare := spares(t, r)[0]

	two := run.Network{Hosts: []string{"algo-1", "algo-2"}}
	a, pa := on(t, r, "second", "algo-1", two)
	await(t, "another", func() bool { return len(spares(t, r)) == 2 })
	b, pb := on(t, r, "second", "algo-2", two)
	_, third := on(t, r, "third", "algo-1", one)
	used := map[string]int{}
	list, err := engine(t).api.ContainerList(t.Context(), client.ContainerListOptions{Filters: client.Filters{}.Add("label", docker.LabelOwner+"="+r.Owner())})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		for name := range c.NetworkSettings.Networks {
			used[name]++
			if label := c.Labels[docker.LabelNetwork]; label != name {
				t.Errorf("a container on %s says %s", name, label)
			}
		}
	}
	if len(used) != 3 || used[spare] != 2 {
		t.Errorf("the networks of the jobs: %v; the spare one was %s", used, spare)
	}
	if messages(t, a)[0] == messages(t, b)[0] {
		t.Errorf("two hosts at %s", messages(t, a)[0])
	}
	r.Close() // jobs keep their networks, also where those were spare ones
	if got := names(t, r); len(got) != 3 || !slices.Contains(got, spare) {
		t.Errorf("left of the jobs' networks: %q", got)
	}
	again := newRunner(t, dir)
	for i, p := range []run.Process{pa, first, third, pb} {
		if i == 3 && !slices.Equal(names(t, r), []string{spare}) {
			t.Errorf("%q is left while a host is on %s", names(t, r), spare)
		}
		if err := again.Remove(t.Context(), p.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, r); len(got) != 0 {
		t.Errorf("%q are left", got)
	}
}

// TestSpareIsolated: a spare network is closed as one that is made for its job,
// and an open one is not taken for it.
func TestSpareIsolated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newRunner(t, dir) // removes at the end what r's jobs leave
	r := newStocked(t, dir)
	defer r.Close()
	closed := run.Network{Hosts: []string{"algo-1"}, Isolated: true}
	on(t, r, "open", "algo-1", run.Network{Hosts: []string{"algo-1"}})
	await(t, "an open one", func() bool { return len(spares(t, r)) == 1 })
	open := spares(t, r)[0]
	on(t, r, "first", "algo-1", closed)
	if got, err := engine(t).api.NetworkInspect(t.Context(), open, client.NetworkInspectOptions{}); err != nil || len(got.Network.Containers) > 0 {
		t.Errorf("an isolated job took an open network: %+v, %v", got.Network, err)
	}
	await(t, "a closed one", func() bool { return len(spares(t, r)) == 2 })
	s, _ := on(t, r, "second", "algo-1", closed)
	used := 0
	for _, name := range spares(t, r) {
		got, err := engine(t).api.NetworkInspect(t.Context(), name, client.NetworkInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if name != open && len(got.Network.Containers) == 1 {
			used++
			if !got.Network.Internal || got.Network.Options["com.docker.network.bridge.inhibit_ipv4"] != "true" {
				t.Errorf("%s is open: %+v", name, got.Network)
			}
		}
	}
	if used != 1 {
		t.Errorf("%s is on none of the spare networks", s.ID)
	}
}

// TestSpareServerKilled: a server that was killed leaves spare networks; the next
// one removes them at its start and leaves those that became a job's.
func TestSpareServerKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	one := run.Network{Hosts: []string{"algo-1"}}
	killed := newServer(t, dir)
	program := func(id string) run.Spec {
		s := script(t, t.Name()+"/"+id, "echo up; sleep 1000")
		s.Hostname, s.Network = "algo-1", one
		s.Network.ID = s.ID
		killed.in.Encode(s)
		killed.started(t)
		return s
	}
	program("first")
	await(t, "a spare network", func() bool { return len(spares(t, r)) == 1 })
	taken := spares(t, r)[0]
	kept := program("second")
	await(t, "another", func() bool { return len(spares(t, r)) == 2 })
	killed.kill()
	if err := r.Clean(t.Context(), func(id string) bool { return id == kept.ID }); err != nil {
		t.Fatal(err)
	}
	if got := names(t, r); !slices.Equal(got, []string{taken}) {
		t.Errorf("%q is left, not %s alone", got, taken)
	}
	if err := r.Remove(t.Context(), r.HandleOf(kept.ID)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, r); len(got) != 0 {
		t.Errorf("%q are left", got)
	}
}

// TestSpareRemovedByHand: a job gets a network all the same.
func TestSpareRemovedByHand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newRunner(t, dir) // removes at the end what r's jobs leave
	r := newStocked(t, dir)
	defer r.Close()
	one := run.Network{Hosts: []string{"algo-1"}}
	on(t, r, "first", "algo-1", one)
	await(t, "a spare network", func() bool { return len(spares(t, r)) == 1 })
	gone := spares(t, r)[0]
	await(t, "its removal", func() bool {
		_, err := engine(t).api.NetworkRemove(t.Context(), gone, client.NetworkRemoveOptions{})
		return err == nil
	})
	on(t, r, "second", "algo-1", one)
	if slices.Contains(names(t, r), gone) {
		t.Errorf("%s is back", gone)
	}
}
