//go:build linux

package process_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// TestNetworkKilledAtRandom: however the servers and supervisors of a job of
// several hosts are killed, starting again either finds each host as it was or
// as lost, and after Remove nothing is left.
func TestNetworkKilledAtRandom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var namespaces []string
	outcomes := map[string]int{}
	for i := range 16 {
		specs := hosts(t, dir, fmt.Sprint(i), 3, `echo up $PPID; readlink /proc/self/ns/net; sleep 0.05; sleep 0.05; exit 3`)
		// Three servers, so that they do it at once.
		var servers, spared []*server
		for _, s := range specs {
			a := newServer(t, dir)
			a.in.Encode(s)
			servers = append(servers, a)
		}
		time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond) // the moment is the test's random input
		for _, a := range servers {
			if rand.IntN(3) > 0 {
				a.kill()
			} else {
				spared = append(spared, a)
			}
		}
		// Supervisors die at any step too, before and after their program began.
		killed := map[string]bool{}
		for _, s := range specs {
			if rand.IntN(2) == 0 {
				for _, pid := range supervisors(process.StateDir(dir, s.ID)) {
					killed[s.ID] = syscall.Kill(pid, syscall.SIGKILL) == nil
				}
			}
		}
		r := newRunner(t, dir)
		for _, s := range specs {
			p, err := r.Start(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			e, err := p.Wait(t.Context())
			lost := errors.Is(err, run.ErrLost)
			if lost && !killed[s.ID] || !lost && (err != nil || e.Code != 3) {
				t.Errorf("%s, killed %v: %+v, %v", s.ID, killed[s.ID], e, err)
			}
			got := messages(t, s.Log)
			if len(got) == 2 {
				namespaces = append(namespaces, got[1])
			}
			if len(got) > 2 || len(got) != 2 && !lost {
				t.Errorf("%s did not run once: %q", s.ID, got)
			}
			outcomes[fmt.Sprintf("killed %v, lost %v", killed[s.ID], lost)]++
		}
		for _, a := range spared {
			a.kill()
		}
		for _, s := range specs {
			if err := r.Remove(t.Context(), r.HandleOf(s.ID)); err != nil {
				t.Error(err)
			}
		}
	}
	if own, err := os.Readlink("/proc/self/ns/net"); err != nil || newRunner(t, t.TempDir()).Traits().Interface == "lo" {
		namespaces = slices.DeleteFunc(namespaces, func(n string) bool { return n == own })
	} else if slices.Contains(namespaces, own) {
		t.Error("a program ran in the machine's network")
	}
	nothingLeft(t, dir, namespaces)
	t.Log(outcomes)
}

// TestHostComesBack: the network outlives any of its hosts, and a host that was
// lost comes back under its address.
func TestHostComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	own := "$(hostname)"
	if r.Traits().Interface != "lo" {
		own = "0.0.0.0"
	}
	specs := hosts(t, dir, "job", 3, `echo $PPID; $T resolve $(hostname); exec $T listen `+own+`:7803`)
	var ps []run.Process
	for _, s := range specs {
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	listening := func(s run.Spec) {
		await(t, s.ID+" to listen", func() bool { return slices.Contains(messages(t, s.Log), "listening") })
	}
	for lost, s := range specs {
		for _, s := range specs {
			listening(s)
		}
		said := messages(t, s.Log)
		pid, _ := strconv.Atoi(said[0])
		syscall.Kill(pid, syscall.SIGKILL)
		if _, err := ps[lost].Wait(t.Context()); !errors.Is(err, run.ErrLost) {
			t.Fatalf("%v", err)
		}
		if err := r.Remove(t.Context(), ps[lost].Handle()); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(s.Log); err != nil {
			t.Fatal(err)
		}
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		ps[lost] = p
		listening(s)
		if again := messages(t, s.Log); again[1] != said[1] {
			t.Errorf("%s came back as %q, was %q", s.ID, again[1], said[1])
		}
		// A host more, of the same network, asks all.
		ask := s
		ask.ID, ask.Log = fmt.Sprint("ask", lost), filepath.Join(t.TempDir(), "log")
		ask.Hostname = "algo-4"
		ask.Network.Hosts = append(slices.Clone(s.Network.Hosts), "algo-4")
		ask.Command = []string{"sh", "-c", "for h in 1 2 3; do $T ask algo-$h:7803 5; done"}
		asker, err := r.Start(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := asker.Wait(t.Context()); err != nil || !e.OK() {
			t.Fatalf("%+v, %v: %q", e, err, messages(t, ask.Log))
		}
		if got := messages(t, ask.Log); !slices.Equal(got, []string{"algo-1 5", "algo-2 5", "algo-3 5"}) {
			t.Errorf("with %s back, it got %q", s.ID, got)
		}
		if err := r.Remove(t.Context(), asker.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range ps {
		if err := r.Remove(t.Context(), p.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	nothingLeft(t, dir, nil)
}
