//go:build linux

package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/internal/statedir"
)

// Words that tell the supervisor how it was started.
const (
	private = "private" // in namespaces of its own, where it may mount
	user    = "user"    // so, through a user namespace of its own
	shared  = "shared"  // in the server's
	probe   = "probe"   // only to find out what it could do
)

// modeOf names a way to start the supervisor.
func modeOf(attr *syscall.SysProcAttr) string {
	switch {
	case attr.Cloneflags == 0:
		return shared
	case attr.Cloneflags&unix.CLONE_NEWUSER != 0:
		return user
	}
	return private
}

// File descriptors that the supervisor inherits.
const (
	lockFD    = 3
	confirmFD = 4
)

// spawn starts the supervisor with the lock and returns once it holds the
// program.
func (r *Runner) spawn(ctx context.Context, d stateDir, lock *os.File) error {
	complaints, err := os.OpenFile(d.path(errorFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer complaints.Close()
	confirmed, confirm, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd, err := r.fork(d, lock, confirm, complaints)
	confirm.Close()
	if err != nil {
		confirmed.Close()
		return fmt.Errorf("start the supervisor: %w", err)
	}
	answer := make(chan error, 1)
	go func() {
		// The supervisor keeps its end open as long as it lives, so this
		// goroutine sleeps in the poller, and reaps it afterwards.
		in := bufio.NewReader(confirmed)
		_, err := in.ReadByte()
		answer <- err
		if err == nil {
			in.ReadByte()
		}
		confirmed.Close()
		cmd.Wait()
	}()
	select {
	case err := <-answer:
		if err != nil && !d.has(exitFile) {
			return fmt.Errorf("the supervisor ended: %s", statedir.Complaint(d.path(errorFile)))
		}
		return nil
	case <-ctx.Done():
		// It goes on by itself; the next Start finds it.
		return context.Cause(ctx)
	}
}

// fork runs the supervisor in the most private namespaces that the system
// allows.
func (r *Runner) fork(d stateDir, lock, confirm, complaints *os.File) (*exec.Cmd, error) {
	var failed error
	for _, attr := range r.ways() {
		cmd := r.command(context.Background(), modeOf(attr), string(d)) // it outlives whoever asks
		cmd.Stderr = complaints
		cmd.ExtraFiles = []*os.File{lock, confirm} // lockFD, confirmFD
		attr.Setsid = true
		cmd.SysProcAttr = attr
		err := cmd.Start()
		if err == nil {
			return cmd, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// command runs the supervisor.
func (r *Runner) command(ctx context.Context, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.self[0], append(r.self[1:len(r.self):len(r.self)], words...)...)
	cmd.Env = []string{"GOMAXPROCS=2", "GOGC=50"}
	cmd.Dir = "/"
	return cmd
}

// isolations are the ways to start the supervisor, best first: root makes its
// own mount and host name spaces; everyone else (and a root without the
// capability) owns them through a user namespace that maps them to themselves;
// last, none.
func isolations() []*syscall.SysProcAttr {
	const spaces = unix.CLONE_NEWNS | unix.CLONE_NEWUTS
	uid, gid := os.Geteuid(), os.Getegid()
	mapped := &syscall.SysProcAttr{
		Cloneflags:  spaces | unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}},
		// Ambient, because executing the supervisor as someone else than the
		// space's root would drop it. The supervisor does not hand it on.
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN},
	}
	ways := []*syscall.SysProcAttr{mapped, {}}
	if uid == 0 {
		ways = append([]*syscall.SysProcAttr{{Cloneflags: spaces}}, ways...)
	}
	return ways
}
