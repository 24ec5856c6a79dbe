//go:build linux

package process

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/run/internal/dial"
)

// serve answers the server: stop requests, what the program uses, connections to
// its ports, and by the connection's end, that the program has ended.
func (s *supervisor) serve(l net.Listener) {
	dialer := dial.NewDialer(s.listens(), s.socket, s.over)
	for {
		conn, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "accept:", err)
			time.Sleep(100 * time.Millisecond) // out of files: some will be closed
			continue
		}
		go func() {
			defer conn.Close()
			for in := bufio.NewScanner(conn); in.Scan(); {
				if s.answer(conn, in.Text(), dialer) != nil {
					return
				}
			}
		}()
	}
}

// answer does what a line asks for. An error ends the connection.
func (s *supervisor) answer(conn net.Conn, line string, dialer *dial.Dialer) error {
	if line == usageRequest {
		cpu, memory := s.usage()
		_, err := fmt.Fprintf(conn, usageAnswer, cpu, memory)
		return err
	}
	if rest, ok := strings.CutPrefix(line, dial.Request); ok {
		to, unix := conn.(*net.UnixConn)
		if port, err := strconv.ParseUint(rest, 10, 16); err == nil && unix {
			return dialer.Answer(to, uint16(port), nil)
		}
	}
	var ms int64
	if _, err := fmt.Sscanf(line, "stop %d", &ms); err != nil {
		_, err := fmt.Fprintln(conn, "unknown request")
		return err
	}
	s.stop(time.Duration(ms) * time.Millisecond)
	_, err := fmt.Fprintln(conn, "ok")
	return err
}

// listens are the addresses on which the program may listen, the likeliest first.
// Where hosts live on one loopback interface, 127.0.0.1 may be another's.
func (s *supervisor) listens() []netip.Addr {
	all := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	if s.joint != joinedToNothing {
		own := s.addresses.address(slices.Index(s.spec.Network.Hosts, s.spec.Hostname))
		if all = append(all, own); s.joint == joinedByLoopback {
			slices.Reverse(all)
		}
	}
	return append(all, netip.IPv6Loopback())
}

// socket makes one in the program's network, which is that of the thread that it
// was forked from.
func (s *supervisor) socket(family int) (fd int, err error) {
	if s.joint != joinedToItself && s.joint != joinedByBridge {
		return dial.Socket(family)
	}
	err = <-s.forker.do(func() error {
		fd, err = dial.Socket(family)
		return err
	})
	return fd, err
}
