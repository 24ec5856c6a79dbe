//go:build linux

package process

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

const (
	// loopbackIndex is what the kernel gives lo in every network namespace.
	loopbackIndex = 1
	// bridgeName is the bridge in a hub.
	bridgeName = "hosts"
	// hostInterface is the program's interface to its peers.
	hostInterface = "eth0"
)

// newNetns moves this thread, which must be locked, into a new network
// namespace whose lo is up.
func newNetns() (*netlink.Handle, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	plainIPv4()
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("configure a network namespace: %w", err)
	}
	if err := h.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: loopbackIndex}}); err != nil {
		h.Close()
		return nil, fmt.Errorf("switch lo on: %w", err)
	}
	return h, nil
}

// newHub makes a network namespace with nothing in it but a bridge. The machine's
// own namespace gets no bridge, so its packet filters (also those that filter
// bridges) do not see the hosts' packets, and no link of it can be left over.
func newHub() (fd int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever: the thread ends with this goroutine
		fd, err = newHubHere()
	}()
	<-done
	return fd, err
}

func newHubHere() (int, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return 0, fmt.Errorf("make a network namespace: %w", err)
	}
	plainIPv4()
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return 0, fmt.Errorf("configure a network namespace: %w", err)
	}
	defer h.Close()
	// Without snooping there are no queriers to wait for. Hosts are few.
	snooping := false
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName, Flags: net.FlagUp, TxQLen: -1}, MulticastSnooping: &snooping}
	if err := h.LinkAdd(bridge); err != nil {
		return 0, fmt.Errorf("make a bridge: %w", err)
	}
	return openNetns()
}

// plainIPv4 keeps interfaces that come into this thread's network namespace from
// making up IPv6 addresses: a library that takes the first address of eth0 must
// find the one that the host's name has. lo keeps ::1.
func plainIPv4() {
	// Where that is not allowed, the addresses do no harm.
	os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
}

// openNetns opens this thread's network namespace.
func openNetns() (int, error) {
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open a network namespace: %w", err)
	}
	return fd, nil
}

// plug joins this thread's network namespace, which inside configures, to a
// hub: its eth0 gets the address.
func plug(inside *netlink.Handle, hub int, address netip.Prefix) error {
	own, err := openNetns()
	if err != nil {
		return err
	}
	defer unix.Close(own)
	outside, err := netlink.NewHandleAt(netns.NsHandle(hub), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("configure the hub: %w", err)
	}
	defer outside.Close()
	bridge, err := outside.LinkByName(bridgeName)
	if err != nil {
		return fmt.Errorf("find the bridge: %w", err)
	}
	port := netlink.NewVeth(netlink.LinkAttrs{
		// Unique, because the port of a supervisor that was killed may live on for
		// a moment.
		Name: fmt.Sprintf("p%d", os.Getpid()), Flags: net.FlagUp, TxQLen: -1, MasterIndex: bridge.Attrs().Index,
	})
	port.PeerName, port.PeerNamespace = hostInterface, netlink.NsFd(own)
	port.PeerHardwareAddr = hardware(address.Addr())
	if err := outside.LinkAdd(port); err != nil {
		return fmt.Errorf("make %s: %w", hostInterface, err)
	}
	eth0, err := inside.LinkByName(hostInterface)
	if err != nil {
		return fmt.Errorf("find %s: %w", hostInterface, err)
	}
	if err := addAddress(inside, eth0, address); err != nil {
		return err
	}
	if err := inside.LinkSetUp(eth0); err != nil {
		return fmt.Errorf("switch %s on: %w", hostInterface, err)
	}
	return nil
}

// addAddress gives a link an address.
func addAddress(h *netlink.Handle, link netlink.Link, a netip.Prefix) error {
	bits := a.Addr().BitLen()
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: a.Addr().AsSlice(), Mask: net.CIDRMask(a.Bits(), bits)}}
	if err := h.AddrAdd(link, addr); err != nil {
		return fmt.Errorf("give %s the address %s: %w", link.Attrs().Name, a, err)
	}
	return nil
}
