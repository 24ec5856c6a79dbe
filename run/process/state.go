//go:build linux

package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/internal/statedir"
	"github.com/sagebrush/sagebrush/run"
)

// stateDir is the directory of one program, see the package comment.
type stateDir string

const (
	lockFile  = "lock"
	specFile  = "spec.json"
	stateFile = "state.json"
	exitFile  = "exit.json"
	sockFile  = "sock"
	errorFile = "supervisor.err"
)

// order is what a supervisor is asked to do: the program, and what the runner
// found out about the system.
type order struct {
	run.Spec
	// Bridges: the hosts of networks are joined by bridges.
	Bridges bool
	// Hidden is what the program finds empty.
	Hidden Hidden
}

// state is what is needed to find what is left of a program whose supervisor
// was killed.
type state struct {
	// Boot is the boot of the machine it ran in.
	Boot string
	// Namespaces are its own, "" when it shares the server's. Their numbers are
	// given again once they are gone, so they prove nothing alone.
	Namespaces string
	// OptML is the directory that is /opt/ml in them, which is this program's alone.
	OptML string
	// Cgroups it was put into.
	Cgroups []string
	// Program is its first process, which leads its session and group; 0 before
	// it was started.
	Program process
}

// process is a process that cannot be confused with a later one of its number.
type process struct {
	PID   int
	Start uint64 // clock ticks after boot
}

// dirOf is where the program of an ID is kept beneath root.
func dirOf(root, id string) stateDir {
	sum := sha256.Sum256([]byte(id))
	return stateDir(filepath.Join(root, hex.EncodeToString(sum[:])))
}

// token marks the program's processes and names its cgroups. It differs between
// state directories, so that two servers on a machine do not meet.
func (d stateDir) token() string {
	sum := sha256.Sum256([]byte(d))
	return hex.EncodeToString(sum[:12])
}

func (d stateDir) path(name string) string { return filepath.Join(string(d), name) }

// has says whether a file of the directory exists.
func (d stateDir) has(name string) bool {
	_, err := os.Stat(d.path(name))
	return err == nil
}

// read decodes a file; ok is false when it does not exist or makes no sense,
// which happens only when the machine lost power.
func (d stateDir) read(name string, into any) bool {
	data, err := os.ReadFile(d.path(name))
	return err == nil && json.Unmarshal(data, into) == nil
}

// write replaces a file atomically. It need not survive the machine: the program
// does not either.
func (d stateDir) write(name string, v any) error { return statedir.Write(d.path(name), v) }

// exit is the recorded end.
func (d stateDir) exit() (e run.Exit, ok bool) { return e, d.read(exitFile, &e) }

// lock tries to become the one who acts for the program, see statedir.TryLock.
func (d stateDir) lock() (*os.File, error) { return statedir.TryLock(d.path(lockFile)) }

// dial connects to the supervisor; an error means that none listens.
func (d stateDir) dial(ctx context.Context) (net.Conn, error) {
	return statedir.Dial(ctx, string(d), sockFile)
}

// release gives back what the program held outside of its directory.
func (d stateDir) release() error {
	var o order
	if !d.read(specFile, &o) {
		return nil
	}
	unlinkVolumes(o.Spec)
	if o.Network.ID == "" {
		return nil
	}
	if err := networkDirOf(filepath.Dir(string(d)), o.Network.ID).leave(filepath.Base(string(d))); err != nil {
		return fmt.Errorf("process: leave the network %s: %w", o.Network.ID, err)
	}
	return nil
}

// bootID identifies the running boot of the machine.
func bootID() string {
	data, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data))
}

// bury ends what is left of a program whose supervisor is gone. The caller
// holds the lock.
func (d stateDir) bury() error {
	var st state
	if !d.read(stateFile, &st) || st.Boot != bootID() {
		return nil // never started, or the machine was: nothing can be left
	}
	end := time.Now().Add(10 * time.Second)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		for _, dir := range st.Cgroups {
			killCgroup(dir)
		}
		left := remains(d.token(), st)
		for _, p := range left {
			unix.Kill(p, unix.SIGKILL)
		}
		if len(left) == 0 && removeCgroups(st.Cgroups) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("process: %d processes of the program in %s do not die", len(left), d)
		}
		time.Sleep(pause)
	}
}
