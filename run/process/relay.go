//go:build linux

package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

const (
	// relayed is how many connections one relay carries at once; more wait.
	relayed = 512
	// relayDial is how long the machine may take to accept one.
	relayDial = 10 * time.Second
)

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

// relay carries connections from a listener to the address until it is closed.
func relay(from net.Listener, to string) {
	slots := make(chan struct{}, relayed)
	for {
		slots <- struct{}{}
		conn, err := from.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "relay:", err)
			<-slots
			time.Sleep(100 * time.Millisecond) // out of files: some will be closed
			continue
		}
		go func() {
			defer func() { <-slots }()
			carry(conn.(*net.TCPConn), to)
		}()
	}
}

// carry joins a connection with a new one to the address, until both directions
// have ended or one broke.
func carry(a *net.TCPConn, to string) {
	dialer := net.Dialer{Timeout: relayDial}
	dialer.SetMultipathTCP(false)
	conn, err := dialer.Dial("tcp", to)
	if err != nil {
		a.SetLinger(0) // so that the program sees a reset, not an end
		a.Close()
		return
	}
	b := conn.(*net.TCPConn)
	var both sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{a, b}, {b, a}} {
		both.Go(func() {
			from, to := way[0], way[1]
			if _, err := io.Copy(to, from); err != nil { // in the kernel, by splice
				a.SetLinger(0)
				b.SetLinger(0)
				a.Close()
				b.Close()
				return
			}
			to.CloseWrite()
		})
	}
	both.Wait()
	a.Close()
	b.Close()
}
