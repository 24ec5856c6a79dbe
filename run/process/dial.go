//go:build linux

package process

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/handover"
)

// Dial implements run.Process. The supervisor connects, from within the program's
// network.
func (p *proc) Dial(ctx context.Context, port int) (net.Conn, error) {
	if p.dir.has(exitFile) {
		return nil, run.ErrEnded
	}
	control, err := p.dir.dial(ctx)
	if err != nil {
		// A supervisor that begins does not listen yet, and one that ends no more.
		return nil, fmt.Errorf("process: dial port %d of %s: %w", port, p.id, syscall.ECONNREFUSED)
	}
	conn, err := handover.Ask(ctx, control, port)
	if err != nil {
		return nil, fmt.Errorf("process: dial port %d of %s: %w", port, p.id, err)
	}
	return conn, nil
}

// handOver gives a connection to a port of the program away.
func (s *supervisor) handOver(to net.Conn, port int) {
	handover.Give(to, port, s.listens(), func() (fd int, err error) {
		err = <-s.forker.do(func() (err error) {
			fd, err = handover.Socket()
			return err
		})
		return fd, err
	})
}

// listens are the addresses on which the program can be reached: of all programs
// on this machine's own loopback interface only those of this one.
func (s *supervisor) listens() []netip.Addr {
	loopback, host := netip.MustParseAddr("127.0.0.1"), slices.Index(s.spec.Network.Hosts, s.spec.Hostname)
	switch s.joint {
	case joinedByLoopback:
		return []netip.Addr{s.addresses.address(host)}
	case joinedByBridge:
		return []netip.Addr{loopback, s.addresses.address(host)}
	}
	return []netip.Addr{loopback}
}
