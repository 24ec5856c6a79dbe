//go:build linux

package process

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/run"
)

// TestChooseJoint: what the system allows decides, and what it does not allow is
// refused in a sentence.
func TestChooseJoint(t *testing.T) {
	t.Parallel()
	one, three := []string{"algo-1"}, []string{"algo-1", "algo-2", "algo-3"}
	for _, c := range []struct {
		hosts    []string
		isolated bool
		mode     string
		bridges  bool
		want     joint
		refused  string
	}{
		{nil, false, shared, false, joinedToNothing, ""},
		{nil, false, private, true, joinedToNothing, ""},
		{one, false, private, true, joinedByBridge, ""},
		{three, false, private, true, joinedByBridge, ""},
		{three, true, private, true, joinedByBridge, ""},
		{one, false, private, false, joinedByLoopback, ""},
		{three, false, private, false, joinedByLoopback, ""},
		{one, true, private, false, joinedToItself, ""},
		{three, true, private, false, 0, "CAP_NET_ADMIN"},
		{one, false, user, false, joinedByLoopback, ""},
		{three, false, user, false, joinedByLoopback, ""},
		{one, true, user, false, joinedToItself, ""},
		{three, true, user, false, 0, "CAP_NET_ADMIN"},
		{one, false, shared, false, joinedToNothing, ""},
		{three, false, shared, false, 0, "names that resolve"},
		{one, true, shared, false, 0, "network namespaces"},
		{three, true, shared, false, 0, "network namespaces"},
		// The runner found bridges to work, but its way to start did not.
		{one, false, user, true, 0, "too many"},
		{three, true, shared, true, 0, "too many"},
	} {
		n := run.Network{Hosts: c.hosts, Isolated: c.isolated}
		if len(c.hosts) > 0 {
			n.ID = "x"
		}
		got, err := chooseJoint(n, c.mode, c.bridges)
		switch {
		case (err != nil) != (c.refused != "") || got != c.want:
			t.Errorf("%+v: got %d, %v", c, got, err)
		case err != nil && (!strings.Contains(err.Error(), c.refused) || !strings.HasSuffix(err.Error(), ".")):
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestAddresses: every host of a network has an address of its own, within the
// range, and another network's are others or on another bridge.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, j := range []joint{joinedByBridge, joinedByLoopback} {
		seen := map[netip.Addr]bool{}
		blocks := map[uint32]bool{}
		for i := range 300 {
			s := subnetOf(networkDirOf("/a", fmt.Sprint(i)), j)
			if blocks[s.block] {
				continue
			}
			blocks[s.block] = true
			whole := s.on(0).Masked()
			for host := range maxHosts {
				a := s.address(host)
				if seen[a] || !s.prefix.Contains(a) || !whole.Contains(a) || a == whole.Addr() || !whole.Contains(a.Next()) {
					t.Fatalf("network %d, host %d: %s", i, host, a)
				}
				seen[a] = true
			}
			if j == joinedByLoopback && netip.MustParsePrefix("127.0.0.0/22").Overlaps(whole) {
				t.Errorf("network %d meets the machine: %s", i, whole)
			}
		}
		if len(blocks) < 250 {
			t.Errorf("%d blocks for 300 networks", len(blocks))
		}
		if subnetOf(networkDirOf("/a", "x"), j) == subnetOf(networkDirOf("/b", "x"), j) {
			t.Error("two servers have the same network")
		}
	}
}

// TestReserve: networks of one server have different blocks, whichever they want,
// members of one network the same, and the last to leave takes all away.
func TestReserve(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for i, c := range []struct{ wanted, want uint32 }{{5, 5}, {5, 6}, {6, 7}, {loopbackBlocks, loopbackBlocks}, {loopbackBlocks, 1}, {loopbackBlocks, 2}} {
		d := networkDirOf(root, fmt.Sprint(i))
		for _, member := range []string{"a", "b"} {
			if got, err := d.reserve(member, c.wanted); err != nil || got != c.want {
				t.Errorf("network %d: %d, %v", i, got, err)
			}
		}
	}
	first := networkDirOf(root, "0")
	for _, member := range []string{"a", "never-joined", "b", "b"} {
		if err := first.leave(member); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(string(first)); !os.IsNotExist(err) {
		t.Errorf("the directory is left: %v", err)
	}
	if got, err := networkDirOf(root, "new").reserve("a", 5); err != nil || got != 5 {
		t.Errorf("the block is not free again: %d, %v", got, err)
	}
	if all, _ := filepath.Glob(root + "/*"); len(all) != 6 {
		t.Errorf("left: %q", all)
	}
}

func TestCheckNetwork(t *testing.T) {
	t.Parallel()
	ok := run.Network{ID: "x", Hosts: []string{"algo-1", "algo-2"}, Reach: []string{"127.0.0.1:4600", "[::1]:80"}}
	change := func(f func(*run.Network)) run.Network {
		n := ok
		f(&n)
		return n
	}
	for name, c := range map[string]struct {
		network run.Network
		want    string
	}{
		"fine":         {ok, ""},
		"none":         {run.Network{}, ""},
		"no ID":        {change(func(n *run.Network) { n.ID = "" }), "without an ID"},
		"isolated":     {run.Network{Isolated: true}, "without an ID"},
		"not a member": {change(func(n *run.Network) { n.Hosts = []string{"algo-2"} }), "not among"},
		"twice":        {change(func(n *run.Network) { n.Hosts = []string{"algo-1", "algo-1"} }), "that of two"},
		"line":         {change(func(n *run.Network) { n.Hosts = []string{"algo-1", "x\n1.2.3.4 y"} }), "no name"},
		"too many":     {change(func(n *run.Network) { n.Hosts = make([]string, maxHosts+1) }), "more than 1022"},
		"name":         {change(func(n *run.Network) { n.Reach = []string{"localhost:80"} }), "no TCP address"},
		"no port":      {change(func(n *run.Network) { n.Reach = []string{"127.0.0.1:0"} }), "no TCP address"},
		"anywhere":     {change(func(n *run.Network) { n.Reach = []string{"0.0.0.0:80"} }), "no TCP address"},
	} {
		err := checkNetwork(run.Spec{Hostname: "algo-1", Network: c.network})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzHostsFile: names that are accepted, and only they, are each a word of
// /etc/hosts behind their address.
func FuzzHostsFile(f *testing.F) {
	f.Add("algo-1", "algo-2", "127.0.0.1 localhost\n")
	f.Add("a b", "a\n10.0.0.1 b", "# algo-1")
	f.Fuzz(func(t *testing.T, a, b, machine string) {
		s := run.Spec{Hostname: a, Network: run.Network{ID: "x", Hosts: []string{a, b}}}
		if checkNetwork(s) != nil {
			return
		}
		addresses := subnetOf("x", joinedByBridge)
		text := string(hostsFile(s, joinedByBridge, addresses, []byte(machine)))
		lines := strings.SplitN(text, "\n", 3)
		for i, name := range []string{a, b} {
			if f := strings.Fields(lines[i]); len(f) != 2 || f[0] != addresses.address(i).String() || f[1] != name || strings.Contains(name, "#") {
				t.Errorf("%q", text)
			}
		}
		if lines[2] != machine {
			t.Errorf("%q", text)
		}
	})
}
