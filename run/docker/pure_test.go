package docker

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/internal/command"
)

// TestCandidates: whatever is taken, a subnet that is offered lies in the pool,
// is large enough, overlaps with nothing and comes once; and while anything is
// free in a small pool, something is offered.
func TestCandidates(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		pool := netip.PrefixFrom(addr(rnd.Uint32()), 16+rnd.IntN(10)).Masked()
		hosts := 1 + rnd.IntN(30)
		var taken []netip.Prefix
		for range rnd.IntN(20) {
			inside := addr(addrNumber(pool.Addr()) + rnd.Uint32N(1<<(32-pool.Bits())))
			taken = append(taken, netip.PrefixFrom(inside, 20+rnd.IntN(13)).Masked())
		}
		seen := map[netip.Prefix]bool{}
		for p := range candidates(pool, fmt.Sprint(seed), hosts, taken) {
			if !pool.Overlaps(p) || p.Bits() < pool.Bits() || p != p.Masked() || seen[p] || slices.ContainsFunc(taken, p.Overlaps) {
				t.Fatalf("seed %d: %v of %v, taken %v", seed, p, pool, taken)
			}
			if last := addressOf(p, hosts-1); !p.Contains(last) || !p.Contains(last.Next()) {
				t.Fatalf("seed %d: %v is too small for %d hosts", seed, p, hosts)
			}
			seen[p] = true
		}
		if len(taken) == 0 && len(seen) == 0 {
			t.Fatalf("seed %d: nothing of %v is offered", seed, pool)
		}
	}
	if got := slices.Collect(candidates(netip.MustParsePrefix("10.0.0.0/28"), "x", 100, nil)); got != nil {
		t.Errorf("of a pool that is too small: %v", got)
	}
}

func addrNumber(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	const table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
		"eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
		"tun0\t0000D60A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n" +
		"bad\tnothing\n"
	if got := routes(table); !slices.Equal(got, []netip.Prefix{netip.MustParsePrefix("10.214.0.0/16")}) {
		t.Errorf("got %v", got)
	}
}

// TestForgedAnswer: only the first process's own answer counts.
func TestForgedAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply func(line string) string
		want  answer
	}{
		"true":     {func(l string) string { return inside.Seal("s", l) + "\n" }, heard},
		"ok":       {func(string) string { return "ok\n" }, forged},
		"replayed": {func(string) string { return inside.Seal("s", inside.StopLine(0, "old")) + "\n" }, forged},
		"ended":    {func(string) string { return "" }, gone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &proc{dir: stateDir(t.TempDir())}
			if err := p.dir.write(secretFile, "s"); err != nil {
				t.Fatal(err)
			}
			mine, theirs := net.Pipe()
			go func() {
				line, _ := bufio.NewReader(theirs).ReadString('\n')
				fmt.Fprint(theirs, c.reply(line[:len(line)-1]))
				theirs.Close()
			}()
			if got := p.sendStop(t.Context(), mine, time.Minute); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestForgedConnection: a sealed answer is that of the first process to this very
// line; nothing else that hands over a connection is believed.
func TestForgedConnection(t *testing.T) {
	t.Parallel()
	line := inside.DialLine(8080, "nonce")
	for name, c := range map[string]struct{ sealed, want string }{
		"true":     {inside.SealedAnswer("s", line, "ok"), "ok"},
		"words":    {inside.SealedAnswer("s", line, "error 111 not there"), "error 111 not there"},
		"none":     {"ok", ""},
		"empty":    {"", ""},
		"guessed":  {inside.SealedAnswer("", line, "ok"), ""},
		"replayed": {inside.SealedAnswer("s", inside.DialLine(8080, "old"), "ok"), ""},
		"changed":  {strings.Replace(inside.SealedAnswer("s", line, "ended"), "ended", "ok", 1), ""},
		"a stop's": {inside.Seal("s", line) + " ok", ""},
	} {
		got, err := inside.OpenAnswer("s", line, c.sealed)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestExitIsOurs: a record without the secret, too, is none.
func TestExitIsOurs(t *testing.T) {
	t.Parallel()
	d := stateDir(t.TempDir())
	if err := os.Mkdir(d.path(sharedDir), 0o700); err != nil {
		t.Fatal(err)
	}
	name := sharedDir + "/" + inside.ExitFile
	for _, secret := range []string{"", "right"} {
		if secret != "" {
			d.write(secretFile, secret)
		}
		for _, tried := range []string{"", "wrong", "right"} {
			d.write(name, inside.Record{Secret: tried, Exit: run.Exit{Code: 3}})
			if e, ok := d.exit(); ok != (secret == "right" && tried == "right") || ok && e.Code != 3 {
				t.Errorf("%q for %q: %v", tried, secret, ok)
			}
		}
	}
}

func TestHopeless(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Error response from daemon: OCI runtime create failed: no such device: unknown": true,
		"Error response from daemon: unable to find user x: no matching entries":         true,
		"Error response from daemon: dial unix /run/containerd: connection refused":      false,
	} {
		if got := errors.As(hopeless(errors.New(text)), new(*command.Refusal)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if hopeless(nil) != nil {
		t.Error("nil became an error")
	}
}
