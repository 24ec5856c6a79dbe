//go:build linux

package process

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// abilities are what the system lets supervisors do about networks.
type abilities struct {
	// Isolates: a program can have a network namespace.
	Isolates bool
	// Bridges: those of several hosts can be joined.
	Bridges bool
}

// probeTime is how long finding out may take.
const probeTime = 10 * time.Second

// Words that a probing supervisor says.
const (
	isolates = "isolates"
	bridges  = "bridges"
)

// probe finds out what supervisors can do, by letting one try.
func (r *Runner) probe() abilities {
	for _, attr := range r.ways() {
		if modeOf(attr) == shared {
			break
		}
		ctx, cancel := context.WithTimeout(context.Background(), probeTime)
		defer cancel()
		cmd := r.command(ctx, probe)
		cmd.SysProcAttr = attr
		out, err := cmd.Output()
		if err != nil {
			r.logger.Debug("finding out about networks", "mode", modeOf(attr), "error", err)
			continue // as fork does
		}
		able := abilities{}
		for w := range strings.FieldsSeq(string(out)) {
			able.Isolates = able.Isolates || w == isolates
			// A bridge of the supervisor's own user namespace joins nobody else's hosts.
			able.Bridges = able.Bridges || w == bridges && modeOf(attr) == private
		}
		return able
	}
	return abilities{}
}

// probeHere is what a probing supervisor does: it says what worked.
func probeHere() int {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever
		h, err := newNetns()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		defer h.Close()
		fmt.Println(isolates)
		hub, err := newHub()
		if err == nil {
			err = plug(h, hub, subnetOf("probe", joinedByBridge).on(0))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		fmt.Println(bridges)
	}()
	<-done
	return 0
}
