package runtest

import (
	"io"
	"net"
	"strings"

	"github.com/sagebrush/sagebrush/run"
)

// dialNetworks: CreateModel VpcConfig and EnableNetworkIsolation, in every kind of
// network, a program is reached on whichever of its addresses it listens, and of
// several the one that was meant.
func dialNetworks(b *bench) {
	b.needTool()
	traits := b.Runner.Traits()
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::]:0", "[::1]:0", "$OWN:0"} {
		if strings.Contains(address, "::1") && !hasIPv6() {
			continue // the machine has no such address
		}
		var specs []run.Spec
		for kind, n := range map[string]run.Network{
			"machine":  {},
			"own":      {ID: b.Name() + address, Hosts: []string{"algo-1"}},
			"isolated": {ID: b.Name() + address + "-isolated", Hosts: []string{"algo-1"}, Isolated: true},
		} {
			if n.Isolated && !traits.Isolation {
				continue
			}
			s := b.model(kind+strings.Trim(address, "[]:$"), address)
			s.Network = n
			specs = append(specs, s)
		}
		b.reachAll(specs)
	}
	fixed := "0.0.0.0:7803"
	if !traits.OwnPorts {
		fixed = "$OWN:7803"
	}
	b.reachAll(b.network("several", "exec $T serve "+strings.Replace(fixed, "$OWN", "$(hostname)", 1), 3, nil))
}

// reachAll starts programs and asks each for its name.
func (b *bench) reachAll(specs []run.Spec) {
	b.Helper()
	for _, s := range specs {
		b.start(s)
	}
	for _, s := range specs {
		p, err := b.Again().Attach(b.ctx, b.Runner.HandleOf(s.ID))
		if err != nil {
			b.Fatal(err)
		}
		if b.can.Containers && b.noIPv6(s) {
			continue
		}
		answer, err := b.client(p, b.port(s)).Get("http://model/ping")
		if err != nil {
			b.Errorf("%s: %v, it said %q", s.ID, err, b.lines(s))
			continue
		}
		name, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if b.can.OptML && string(name) != s.Hostname {
			b.Errorf("%s: %q answers", s.ID, name)
		}
	}
}

// noIPv6 says whether a program could not listen because its container has no
// address of IPv6, which engines leave out by default.
func (b *bench) noIPv6(s run.Spec) (none bool) {
	b.Helper()
	b.eventually("the program to listen, or to say why not", func() bool {
		lines := b.lines(s)
		for _, l := range lines {
			none = none || strings.HasPrefix(l, "serve: listen tcp6 [::1]:0:") && strings.Contains(l, "cannot assign")
		}
		return len(lines) > 0
	})
	return none
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

// dialHalfClosed: the end of one direction passes, and the other goes on.
func dialHalfClosed(b *bench) {
	b.needTool()
	s := b.network("job", "exec $T listen $OWN:7804", 1, nil)[0]
	p := b.start(s)
	conn, err := p.Dial(b.ctx, b.port(s))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(make([]byte, 3_000_000)); err != nil {
		b.Fatal(err)
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		b.Fatalf("%T cannot close one direction", conn)
	}
	if err := half.CloseWrite(); err != nil {
		b.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), " 3000000\n") {
		b.Errorf("%q, %v", got, err)
	}
}
