//go:build linux

package process_test

import (
	"fmt"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// TestRootThroughUserNamespace: a root without the capabilities, as in many
// containers, has what any other user has.
func TestRootThroughUserNamespace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, err := process.New(dir, self, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.WithUserNamespaces()
	if !r.Traits().Isolation {
		t.Skip("NOT TESTED: a root without capabilities in its own user namespace, which this system does not allow: see /proc/sys/user/max_user_namespaces, and kernel.apparmor_restrict_unprivileged_userns")
	}
	if got := r.Traits().Interface; got != "lo" {
		t.Errorf("the interface is %s", got)
	}
	do := func(s run.Spec) (run.Exit, []string) {
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Remove(t.Context(), p.Handle()); err != nil {
			t.Error(err)
		}
		return e, messages(t, s.Log)
	}
	for _, s := range hosts(t, dir, "open", 2, `$T resolve algo-1; $T resolve algo-2; readlink /proc/self/ns/net; umount /opt/ml 2>/dev/null && echo unmounted`) {
		own, _ := os.Readlink("/proc/self/ns/net")
		if _, got := do(s); len(got) != 3 || got[0] == got[1] || got[2] != own {
			t.Errorf("it said %q", got)
		}
	}
	for n, want := range map[int]int{1: 3, 2: 126} {
		s := hosts(t, dir, fmt.Sprint("isolated", n), n, `$T try 192.0.2.1:1; grep -c : /proc/net/dev; exit 3`)[0]
		s.Network.Isolated = true
		e, got := do(s)
		if e.Code != want || (n > 1) != (e.Reason != "") || n == 1 && !slices.Equal(got, []string{"not reached", "1"}) {
			t.Errorf("isolated, %d hosts: %+v, it said %q", n, e, got)
		}
	}
	nothingLeft(t, dir, nil)
}

// TestReachOtherAddress: a server that listens on another address than a loopback
// one is reached there too.
func TestReachOtherAddress(t *testing.T) {
	t.Parallel()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(addresses, func(a net.Addr) bool {
		ip := a.(*net.IPNet).IP
		return ip.To4() != nil && !ip.IsLoopback()
	})
	if i < 0 {
		t.Skip("NOT TESTED: reaching a server on another address than a loopback one, because this machine has no other: give it an interface with an IPv4 address")
	}
	l, err := net.Listen("tcp4", net.JoinHostPort(addresses[i].(*net.IPNet).IP.String(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(conn, "hello")
			conn.Close()
		}
	}()
	dir := t.TempDir()
	r := newRunner(t, dir)
	s := hosts(t, dir, "job", 2, "$T ask "+l.Addr().String()+" 0; $T ask "+l.Addr().String()+" 0")[0]
	s.Network.Reach = []string{l.Addr().String()}
	p, err := r.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := p.Wait(t.Context()); err != nil || !e.OK() || !slices.Equal(messages(t, s.Log), []string{"hello", "hello"}) {
		t.Errorf("%+v, %v, it said %q", e, err, messages(t, s.Log))
	}
	if err := r.Remove(t.Context(), p.Handle()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir, nil)
}
