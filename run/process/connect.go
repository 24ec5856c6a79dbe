//go:build linux

package process

import (
	"path/filepath"
	"slices"
)

// join decides how the program is joined to its network and which addresses the
// hosts have. The error is for the user.
func (s *supervisor) join() (err error) {
	n := s.spec.Network
	if s.joint, err = chooseJoint(n, s.mode, s.spec.Bridges); err != nil || s.joint == joinedToNothing {
		return err
	}
	s.network = networkDirOf(filepath.Dir(string(s.dir)), n.ID)
	s.addresses = subnetOf(s.network, s.joint)
	if s.joint == joinedByLoopback {
		s.addresses.block, err = s.network.reserve(filepath.Base(string(s.dir)), s.addresses.block)
	}
	return err
}

// connect gives this thread, and so the program that it forks, its network.
// Other threads stay in the machine's, which is what relays rely on.
func (s *supervisor) connect() error {
	if s.joint != joinedToItself && s.joint != joinedByBridge {
		return nil
	}
	h, err := newNetns()
	if err != nil {
		return err
	}
	defer h.Close()
	n := s.spec.Network
	if s.joint == joinedByBridge {
		hub, err := s.network.join(filepath.Base(string(s.dir)))
		if err != nil {
			return err
		}
		if err := plug(h, hub, s.addresses.on(slices.Index(n.Hosts, s.spec.Hostname))); err != nil {
			return err
		}
	}
	if !n.Isolated {
		for _, address := range n.Reach {
			l, err := openRelay(h, address)
			if err != nil {
				return err
			}
			go carry(l, address)
		}
	}
	return nil
}
