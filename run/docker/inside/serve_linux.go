package inside

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/run/internal/dial"
)

// serve answers the server: stop requests, connections to the program's ports,
// and by the connection's end, that the program has ended.
func (h *holder) serve(l net.Listener) {
	dialer := dial.NewDialer(h.listens(), dial.Socket, h.over)
	for {
		conn, err := l.Accept()
		if err != nil {
			complain("accept:", err)
			time.Sleep(100 * time.Millisecond) // out of files: some will be closed
			continue
		}
		go func() {
			defer conn.Close()
			for in := bufio.NewScanner(conn); in.Scan(); {
				if h.answer(conn, in.Text(), dialer) != nil {
					return
				}
			}
		}()
	}
}

// answer does what a line asks for. An error ends the connection.
func (h *holder) answer(conn net.Conn, line string, dialer *dial.Dialer) error {
	var port uint16
	var ms int64
	var nonce string
	if to, unix := conn.(*net.UnixConn); unix && strings.HasPrefix(line, dial.Request) {
		if _, err := fmt.Sscanf(line, dial.Request+"%d %s", &port, &nonce); err == nil {
			return dialer.Answer(to, port, func(answer string) string { return SealedAnswer(h.plan.Secret, line, answer) })
		}
	}
	if _, err := fmt.Sscanf(line, "stop %d %s", &ms, &nonce); err != nil {
		_, err := fmt.Fprintln(conn, "unknown request")
		return err
	}
	h.stop(time.Duration(max(ms, 0)) * time.Millisecond)
	_, err := fmt.Fprintln(conn, Seal(h.plan.Secret, line))
	return err
}

// listens are the addresses on which the program may listen, the likeliest first:
// those of the container, where it has a network of its own.
func (h *holder) listens() []netip.Addr {
	all := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	if h.plan.Own {
		found, err := net.InterfaceAddrs()
		if err != nil {
			complain("addresses:", err)
		}
		for _, a := range found {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().IsGlobalUnicast() {
				all = append(all, p.Addr())
			}
		}
	}
	return append(all, netip.IPv6Loopback())
}
