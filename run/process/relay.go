//go:build linux

package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/sagebrush/sagebrush/run/internal/relay"
)

// relayDial is how long the machine may take to accept a connection.
const relayDial = 10 * time.Second

// openRelay listens in this thread's network namespace, for what the rest of
// the process carries to the same address of its own.
func openRelay(h *netlink.Handle, address string) (net.Listener, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	if !to.Addr().IsLoopback() {
		lo := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: loopbackIndex, Name: "lo"}}
		if err := addAddress(h, lo, netip.PrefixFrom(to.Addr(), to.Addr().BitLen())); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", address) // a literal: this very thread makes the socket
	if err != nil {
		return nil, fmt.Errorf("listen for the machine's %s: %w", address, err)
	}
	return l, nil
}

// carry leads connections from the listener to the same address of the machine.
func carry(from net.Listener, to string) {
	dialer := net.Dialer{Timeout: relayDial}
	dialer.SetMultipathTCP(false)
	relay.Serve(from, func() (net.Conn, error) { return dialer.Dial("tcp", to) })
}
