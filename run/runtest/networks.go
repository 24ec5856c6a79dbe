package runtest

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/sagebrush/sagebrush/run"
)

// network is a job of several hosts: script runs on each, where $T is the tool
// and $HOSTS are the names; own is what a host binds on which wants its port.
func (b *bench) network(job, script string, hosts int, change func(*run.Spec)) []run.Spec {
	b.Helper()
	names := make([]string, hosts)
	for i := range names {
		names[i] = fmt.Sprintf("algo-%d", i+1)
	}
	own := "$(hostname)"
	if b.Runner.Traits().Interface != "lo" {
		own = "0.0.0.0"
	}
	var specs []run.Spec
	for _, name := range names {
		s := b.spec(job+"/"+name, "OWN="+own+"; "+script)
		s.Hostname = name
		s.Network = run.Network{ID: b.Name() + "/" + job, Hosts: names}
		s.Env["T"], s.Env["HOSTS"] = strings.Join(b.can.Tool, " "), strings.Join(names, " ")
		if change != nil {
			change(&s)
		}
		specs = append(specs, s)
	}
	return specs
}

// needTool skips a test that cannot look at networks.
func (b *bench) needTool() {
	if len(b.can.Tool) == 0 {
		b.Skip("NOT TESTED: networks, for which the programs of this runner have no runtest.Tool: those of run/process and run/docker test them (Capabilities.Tool)")
	}
}

// all starts programs at once and waits for their ends, all well.
func (b *bench) all(specs []run.Spec) {
	b.Helper()
	var all sync.WaitGroup
	started := make([]run.Process, len(specs))
	for i, s := range specs {
		all.Go(func() {
			p, err := b.Runner.Start(b.ctx, s)
			if err != nil {
				b.Errorf("start %s: %v", s.ID, err)
				return
			}
			started[i] = p
		})
	}
	all.Wait()
	for i, p := range started {
		if p == nil {
			continue
		}
		b.Cleanup(func() { b.Runner.Remove(b.ctx, p.Handle()) })
		if e := b.wait(p); !e.OK() {
			b.Errorf("%s: %+v, it said %q", specs[i].ID, e, b.lines(specs[i]))
		}
	}
}

// answers are a program's lines without those that say how far it is.
func (b *bench) answers(s run.Spec) []string {
	b.Helper()
	return slices.DeleteFunc(b.lines(s), func(l string) bool { return l == "listening" || l == "done" || strings.HasPrefix(l, "port ") })
}

// networkOfAny: TrainContainer-1, a Spec with a Network starts on every runner, and
// the hosts of one job are programs of their own.
func networkOfAny(b *bench) {
	for i, code := range []int{3, 4} {
		s := b.spec(fmt.Sprint(i), fmt.Sprintf("exit %d", code), fmt.Sprintf("FAKE_EXIT_CODE=%d", code))
		s.Hostname = fmt.Sprintf("algo-%d", i+1)
		s.Network = run.Network{ID: b.Name(), Hosts: []string{"algo-1", "algo-2"}}
		e := b.do(s)
		if b.can.Commands && len(b.can.Tool) == 0 && e.Reason != "" {
			continue // cannot, and says so
		}
		if e.Code != code || e.Reason != "" {
			b.Errorf("%+v", e)
		}
	}
}

// networkNames: TrainContainer-6 (resourceconfig.json), the names of all hosts
// resolve on each host to the same addresses, from the first instruction on,
// and the addresses differ.
func networkNames(b *bench) {
	b.needTool()
	specs := b.network("job", `for h in $HOSTS; do $T resolve $h; done; hostname; $T interface $(hostname); echo $(ls /proc/self/fd)`, 3, nil)
	b.all(specs)
	first := b.lines(specs[0])
	for i, s := range specs {
		got := b.lines(s)
		if len(got) != 6 || !slices.Equal(got[:3], first[:3]) || got[3] != s.Hostname || got[4] != b.Runner.Traits().Interface || got[5] != "0 1 2 3" {
			b.Errorf("host %d sees %q, the first %q", i, got, first)
		}
	}
	if len(first) < 3 || first[0] == first[1] || first[1] == first[2] || first[0] == first[2] || strings.ContainsAny(first[0], " ") {
		b.Errorf("addresses %q", first)
	}
}

// networkPorts: hosts listen on the same port and reach each other by name, and
// a second job with the same names and port at the same time does not meet them.
func networkPorts(b *bench) {
	b.needTool()
	script := `$T listen $OWN:7801 & for h in $HOSTS; do $T ask $h:7801 ` + "%d" + `; done; echo done; wait`
	x := b.network("x", fmt.Sprintf(script, 10), 3, nil)
	y := b.network("y", fmt.Sprintf(script, 3_000_000), 2, nil)
	var started []run.Process
	for _, s := range append(slices.Clone(x), y...) {
		started = append(started, b.start(s))
	}
	for j, job := range [][]run.Spec{x, y} {
		for _, s := range job {
			b.until(s, "done")
			want := []string{}
			for _, peer := range job {
				want = append(want, fmt.Sprintf("%s %d", peer.Hostname, []int{10, 3_000_000}[j]))
			}
			if got := b.answers(s); !slices.Equal(got, want) {
				b.Errorf("%s got %q, want %q", s.ID, got, want)
			}
		}
	}
	for _, p := range started {
		p.Stop(b.ctx, 0)
	}
}

// networkIsolated: CreateTrainingJob EnableNetworkIsolation, peers reach each
// other and nothing else; what cannot isolate refuses.
func networkIsolated(b *bench) {
	l := b.machineListener()
	isolate := func(s *run.Spec) {
		s.Network.Isolated = true
		s.Network.Reach = []string{l}
	}
	hosts := 1
	if b.Runner.Traits().Interface != "lo" {
		hosts = 2
	}
	script := `$T try ` + l + `; $T try 192.0.2.1:80; $T listen $OWN:7802 & for h in $HOSTS; do $T ask $h:7802 5; done; echo done; wait`
	specs := b.network("job", script, hosts, isolate)
	if !b.Runner.Traits().Isolation {
		p, err := b.Runner.Start(b.ctx, specs[0])
		if err != nil {
			return
		}
		if e := b.wait(p); !strings.HasSuffix(e.Reason, ".") || e.OK() {
			b.Errorf("%+v", e)
		}
		b.Runner.Remove(b.ctx, p.Handle())
		return
	}
	b.needTool()
	for _, s := range specs {
		b.start(s)
	}
	for _, s := range specs {
		b.until(s, "done")
		want := []string{"not reached", "not reached"}
		for _, peer := range specs {
			want = append(want, peer.Hostname+" 5")
		}
		if got := b.answers(s); !slices.Equal(got, want) {
			b.Errorf("%s got %q, want %q", s.ID, got, want)
		}
	}
}

// networkReach: the server's address is reached from the program's own network,
// with streams of any length and half-closed ends.
func networkReach(b *bench) {
	b.needTool()
	l := b.machineListener()
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	closed.Close()
	specs := b.network("job", fmt.Sprintf("$T ask %s 10; for i in 1 2 3; do $T ask %s 9000000 & done; wait; $T try %s", l, l, closed.Addr()), 2, func(s *run.Spec) { s.Network.Reach = []string{l} })
	b.all(specs)
	for _, s := range specs {
		want := []string{"machine 10", "machine 9000000", "machine 9000000", "machine 9000000", "not reached"}
		if got := b.lines(s); !slices.Equal(got, want) {
			b.Errorf("%q", got)
		}
	}
}

// machineListener is a server of the machine, which answers as the tool does.
func (b *bench) machineListener() string {
	b.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answer(conn, "machine")
		}
	}()
	return l.Addr().String()
}
