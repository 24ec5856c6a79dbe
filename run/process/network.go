//go:build linux

package process

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/run"
)

// joint is how the hosts of a network are joined on this machine.
type joint int

const (
	// joinedToNothing: the program lives in the machine's own network.
	joinedToNothing joint = iota
	// joinedByLoopback: so it does, and each host has an address of its own there.
	joinedByLoopback
	// joinedToItself: the only host has a network namespace with lo.
	joinedToItself
	// joinedByBridge: each host has a network namespace, its eth0 is a port of
	// the network's bridge.
	joinedByBridge
)

// chooseJoint decides how a program is joined to its network. mode is how its
// supervisor was started, bridges what the runner found out. The error is a
// refusal for the user.
func chooseJoint(n run.Network, mode string, bridges bool) (joint, error) {
	several := len(n.Hosts) > 1
	switch {
	case n.ID == "":
		return joinedToNothing, nil
	case bridges && mode == private:
		return joinedByBridge, nil
	case n.Isolated && mode == shared:
		return 0, &refusal{126, "Network isolation needs network namespaces, which this system does not allow: run the server as root or allow unprivileged user namespaces, or do without isolation."}
	case n.Isolated && several:
		return 0, &refusal{126, "Network isolation of several hosts needs virtual network interfaces, which take the rights of root (CAP_NET_ADMIN and CAP_SYS_ADMIN): run the server as root, or do without isolation or with one host."}
	case n.Isolated:
		return joinedToItself, nil
	case several && mode == shared:
		return 0, &refusal{126, "Several hosts need names that resolve, for which this system would have to allow private mounts: run the server as root or allow unprivileged user namespaces, or use one host."}
	case mode == shared:
		return joinedToNothing, nil
	}
	return joinedByLoopback, nil
}

// hostBits is the size of the part of an address that counts hosts.
const hostBits = 10

// maxHosts is how many hosts have a place in a network, without its first and
// last address.
const maxHosts = 1<<hostBits - 2

// subnet is the addresses of one network's hosts: the prefix of the first, and
// the block of 1024 addresses in it that is the network's.
type subnet struct {
	prefix netip.Prefix
	block  uint32
}

// subnetOf derives the addresses of a network from its directory, which its
// programs share and no other network has, also of another server.
//
// Bridged networks lie in 100.64.0.0/10 (RFC 6598), which local networks do not
// use. They never meet, each being on a bridge in a namespace of its own; that
// they mostly differ makes logs easier to read. On the loopback interface,
// where networks of several servers do meet, 16382 blocks of 127.0.0.0/8 are
// used: not the first, where the machine itself lives, and not the last.
func subnetOf(d networkDir, j joint) subnet {
	sum := sha256.Sum256([]byte(d))
	h := binary.BigEndian.Uint32(sum[:])
	if j == joinedByBridge {
		return subnet{netip.MustParsePrefix("100.64.0.0/10"), h % (1 << (32 - 10 - hostBits))}
	}
	return subnet{netip.MustParsePrefix("127.0.0.0/8"), 1 + h%(1<<(32-8-hostBits)-2)}
}

// address of the host with an index, counted from 0.
func (s subnet) address(i int) netip.Addr {
	base := s.prefix.Addr().As4()
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(base[:])|s.block<<hostBits|uint32(i+1))
	return netip.AddrFrom4(a)
}

// on is the address as it is configured on an interface.
func (s subnet) on(i int) netip.Prefix { return netip.PrefixFrom(s.address(i), 32-hostBits) }

// hardware is the hardware address of the interface with an address. A host
// that starts again keeps it, so its peers need not learn a new one.
func hardware(a netip.Addr) []byte {
	return append([]byte{0x02, 0x53}, a.AsSlice()...)
}

// hostsFile is the content of /etc/hosts that lets the program's peers, or its
// own name alone, resolve. What comes first wins.
func hostsFile(s run.Spec, j joint, addresses subnet, machine []byte) []byte {
	var text strings.Builder
	if j == joinedToNothing {
		fmt.Fprintf(&text, "127.0.0.1\t%s\n", s.Hostname)
	} else {
		for i, name := range s.Network.Hosts {
			fmt.Fprintf(&text, "%s\t%s\n", addresses.address(i), name)
		}
	}
	text.Write(machine)
	return []byte(text.String())
}

// checkNetwork finds mistakes of the caller.
func checkNetwork(s run.Spec) error {
	n := s.Network
	if s.Hostname != "" && !isName(s.Hostname) {
		return fmt.Errorf("%q is no name of a host", s.Hostname)
	}
	if n.ID == "" {
		if n.Isolated || len(n.Hosts) > 0 {
			return errors.New("a network without an ID")
		}
		return nil
	}
	if len(n.Hosts) > maxHosts {
		return fmt.Errorf("a network of %d hosts, more than %d", len(n.Hosts), maxHosts)
	}
	if !slices.Contains(n.Hosts, s.Hostname) {
		return fmt.Errorf("its host name %q is not among those of its network", s.Hostname)
	}
	seen := map[string]bool{}
	for _, name := range n.Hosts {
		if !isName(name) || seen[name] {
			return fmt.Errorf("%q is no name of a host, or that of two", name)
		}
		seen[name] = true
	}
	for _, a := range n.Reach {
		if at, err := netip.ParseAddrPort(a); err != nil || at.Port() == 0 || at.Addr().IsUnspecified() {
			return fmt.Errorf("%q is no TCP address that a program could reach", a)
		}
	}
	return nil
}

// isName says whether a word can be the name of a host, in /etc/hosts too.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if !(c == '-' || c == '.' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return s != "" && len(s) <= 64 && s[0] != '-' && s[0] != '.'
}
