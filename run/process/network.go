//go:build linux

package process

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/command"
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
// command.Refusal for the user.
func chooseJoint(n run.Network, mode string, bridges bool) (joint, error) {
	several := len(n.Hosts) > 1
	switch {
	case n.ID == "":
		return joinedToNothing, nil
	case bridges && mode == private:
		return joinedByBridge, nil
	case bridges:
		// The job was told of an eth0.
		return 0, command.Refuse(command.NotExecutable, "The network of the job could not be made: this system refuses a namespace that it allowed when the server asked first. Perhaps there are too many (see /proc/sys/user).")
	case n.Isolated && mode == shared:
		return 0, command.Refuse(command.NotExecutable, "Network isolation needs network namespaces, which this system does not allow: run the server as root or allow unprivileged user namespaces, or do without isolation.")
	case n.Isolated && several:
		return 0, command.Refuse(command.NotExecutable, "Network isolation of several hosts needs virtual network interfaces, which take the rights of root (CAP_NET_ADMIN and CAP_SYS_ADMIN): run the server as root, or do without isolation or with one host.")
	case n.Isolated:
		return joinedToItself, nil
	case several && mode == shared:
		return 0, command.Refuse(command.NotExecutable, "Several hosts need names that resolve, for which this system would have to allow private mounts: run the server as root or allow unprivileged user namespaces, or use one host.")
	case mode == shared:
		return joinedToNothing, nil
	}
	return joinedByLoopback, nil
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
