//go:build linux

package docker_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// upper is a server on the machine's loopback interface that answers each
// connection's bytes in upper case once their end has come.
func upper(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				got, _ := io.ReadAll(bufio.NewReader(conn))
				fmt.Fprint(conn, strings.ToUpper(string(got)))
			}()
		}
	}()
	return l.Addr().String()
}

// TestPeers: the hosts of a job resolve each other from their first instruction,
// each under an address of its own, and may all listen on the same port.
func TestPeers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	n := run.Network{ID: t.Name(), Hosts: []string{"algo-1", "algo-2", "algo-3"}}
	var all []run.Process
	var specs []run.Spec
	for _, host := range n.Hosts {
		s := script(t, t.Name()+"/"+host, `
			for h in algo-1 algo-2 algo-3; do ping -c 1 -w 1 $h | sed -n 's/PING \([^ ]*\) (\([^)]*\)).*/\1 \2/p'; done
			(while :; do hostname | nc -l -p 7000; done) &
			for h in algo-1 algo-2 algo-3; do
				until got=$(nc -w 5 $h 7000 </dev/null 2>/dev/null) && [ -n "$got" ]; do sleep 0.05; done
				echo "$h answers $got"
			done
			touch /opt/ml/done; until [ -e /opt/ml/end ]; do sleep 0.05; done`)
		s.Hostname, s.Network = host, n
		specs = append(specs, s)
		all = append(all, start(t, r, s))
	}
	together(t, all, specs)
	names := map[string]string{}
	for _, s := range specs {
		got := messages(t, s)
		want := []string{"algo-1 answers algo-1", "algo-2 answers algo-2", "algo-3 answers algo-3"}
		if len(got) != 6 || !slices.Equal(got[3:], want) {
			t.Fatalf("%s: %q", s.Hostname, got)
		}
		for _, l := range got[:3] {
			host, ip, _ := strings.Cut(l, " ")
			if old, ok := names[host]; ok && old != ip {
				t.Errorf("%s is %s and %s", host, old, ip)
			}
			names[host] = ip
		}
	}
	if len(names) != 3 || names["algo-1"] == names["algo-2"] || names["algo-2"] == names["algo-3"] || names["algo-1"] == names["algo-3"] {
		t.Errorf("addresses %v", names)
	}
	if got := networks(t, r); got != 1 {
		t.Errorf("%d networks", got)
	}
	for i, p := range all { // the network goes with the last
		if got := networks(t, r); got != 1 {
			t.Errorf("%d networks before removal %d", got, i)
		}
		if err := newRunner(t, dir).Remove(t.Context(), p.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	if got := networks(t, r); got != 0 {
		t.Errorf("%d networks are left", got)
	}
}

// together waits until all programs have made the file done, lets them end, and
// waits for that.
func together(t *testing.T, all []run.Process, specs []run.Spec) {
	t.Helper()
	for _, s := range specs {
		await(t, s.Hostname+" to be done", func() bool { return exists(s.OptML + "/done") })
	}
	for i, p := range all {
		touch(t, specs[i].OptML+"/end")
		if e := wait(t, p); !e.OK() {
			t.Errorf("%s: %+v", specs[i].Hostname, e)
		}
	}
}

// networks counts the networks of a runner.
func networks(t *testing.T, r *docker.Runner) int {
	t.Helper()
	list, err := engine(t).api.NetworkList(t.Context(), client.NetworkListOptions{Filters: client.Filters{}.Add("label", docker.LabelOwner+"="+r.Owner())})
	if err != nil {
		t.Fatal(err)
	}
	return len(list.Items)
}

// TestReach: the server's address is the same from inside, through a restart of
// the server, and nothing else of the machine's loopback interface is there.
func TestReach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	open, closed := upper(t), upper(t)
	s := script(t, t.Name(), `
		ask() { echo "$1" | nc -w 10 $(echo $2 | tr : ' ') 2>/dev/null || echo no answer; }
		ask first `+open+`; ask nothing `+closed+`
		touch /opt/ml/asked; until [ -e /opt/ml/again ]; do sleep 0.02; done
		ask second `+open)
	s.Network = run.Network{ID: t.Name(), Hosts: []string{"algo-1"}, Reach: []string{open}}
	p := start(t, r, s)
	await(t, "the first answer", func() bool { return exists(s.OptML + "/asked") })
	r.Close()
	again := newRunner(t, dir)
	if _, err := again.Attach(t.Context(), p.Handle()); err != nil {
		t.Fatal(err)
	}
	touch(t, s.OptML+"/again")
	if e := wait(t, p); !e.OK() {
		t.Errorf("%+v", e)
	}
	if got := messages(t, s); !slices.Equal(got, []string{"FIRST", "no answer", "SECOND"}) {
		t.Errorf("got %q", got)
	}
}

// TestMachineNetwork: without a network of its own, a program is on the machine's.
func TestMachineNetwork(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	addr := upper(t)
	s := script(t, t.Name(), "echo hello | nc "+strings.Replace(addr, ":", " ", 1))
	if e := wait(t, start(t, r, s)); !e.OK() {
		t.Errorf("%+v", e)
	}
	if got := messages(t, s); !slices.Equal(got, []string{"HELLO"}) {
		t.Errorf("got %q", got)
	}
}

// gateway finds the address that the machine has on a job's network.
const gateway = `first=$(sed -n 's/^\([0-9.]*\)[[:space:]]*algo-1$/\1/p' /etc/hosts); gateway=${first%.*}.$((${first##*.} - 1))`

// TestIsolated: peers reach each other; the machine, at any of its addresses, the
// world, and name servers are out of reach, and so is a job that is not isolated.
func TestIsolated(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	everywhere, err := net.Listen("tcp", ":0") // on all the machine's addresses
	if err != nil {
		t.Fatal(err)
	}
	defer everywhere.Close()
	go func() {
		for {
			conn, err := everywhere.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(everywhere.Addr().String())
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	other := script(t, t.Name()+"/other", `
		`+gateway+`
		nc -w 5 $gateway `+port+` </dev/null && echo reached
		hostname -i; while :; do hostname | nc -l -p 7000; done`)
	other.Network = run.Network{ID: t.Name() + "/other", Hosts: []string{"algo-1"}}
	defer start(t, r, other).Stop(t.Context(), 0)
	await(t, "the other job", func() bool { return len(messages(t, other)) >= 2 })
	if got := messages(t, other)[0]; got != "reached" { // so what fails below would work here
		t.Errorf("a job that is not isolated: %q", got)
	}
	targets := []string{"1.1.1.1 53", messages(t, other)[1] + " 7000"}
	for _, a := range addrs {
		if ip := a.(*net.IPNet).IP; ip.To4() != nil {
			targets = append(targets, ip.String()+" "+port)
		}
	}
	text := `
		(while :; do hostname | nc -l -p 7000; done) &
		for h in algo-1 algo-2; do
			until got=$(nc -w 5 $h 7000 </dev/null 2>/dev/null) && [ -n "$got" ]; do sleep 0.05; done
			echo "$h answers $got"
		done
		` + gateway + `
		while read ip port; do nc -w 1 $ip $port </dev/null 2>/dev/null && echo "reached $ip $port"; done <<-END
			` + strings.Join(targets, "\n\t\t\t") + `
			$gateway ` + port + `
		END
		timeout 3 nslookup -timeout=1 -retry=1 example.com >/dev/null 2>&1 && echo resolved
		touch /opt/ml/done; until [ -e /opt/ml/end ]; do sleep 0.05; done`
	n := run.Network{ID: t.Name(), Hosts: []string{"algo-1", "algo-2"}, Isolated: true, Reach: []string{"127.0.0.1:" + port}}
	var all []run.Process
	var specs []run.Spec
	for _, host := range n.Hosts {
		s := script(t, t.Name()+"/"+host, text)
		s.Hostname, s.Network = host, n
		specs = append(specs, s)
		all = append(all, start(t, r, s))
	}
	together(t, all, specs)
	for _, s := range specs {
		if got := messages(t, s); !slices.Equal(got, []string{"algo-1 answers algo-1", "algo-2 answers algo-2"}) {
			t.Errorf("%s: %q", s.Hostname, got)
		}
	}
}
