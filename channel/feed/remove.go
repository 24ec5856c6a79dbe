//go:build linux

package feed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Remove ends the feeder, if there is one, and removes all it made: mounts,
// pipes and its directory.
func (d Dir) Remove(ctx context.Context) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		lock, err := d.lock()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("feed: %w", err)
		}
		if lock != nil {
			defer lock.Close()
			return d.clear()
		}
		if conn, err := d.dial(ctx); err == nil {
			end(ctx, conn)
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// patience is how long a feeder that was told to end may take.
const patience = 10 * time.Second

// end tells a feeder to end and waits until it has. One that does not is killed;
// what it leaves is cleared like that of any other that was.
func end(ctx context.Context, conn net.Conn) {
	peer := pidOf(conn)
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fmt.Fprintln(conn, "end") // an error means that it ends already
	awaitEnd(short, conn)
	if short.Err() != nil && ctx.Err() == nil && peer > 0 {
		unix.Kill(peer, unix.SIGKILL)
	}
}

// pidOf is the process at the other end, 0 when unknown.
func pidOf(conn net.Conn) (pid int) {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		if c, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(c.Pid)
		}
	})
	return pid
}

// Sweep removes the feeders beneath root that keep does not want, by the ID of
// their Spec, and mounts whose directory is gone.
func Sweep(ctx context.Context, root string, keep func(id string) bool) error {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var failed error
	for _, e := range entries {
		d := Dir(filepath.Join(root, e.Name()))
		var s Spec
		if !e.IsDir() || d.read(specFile, &s) == nil && keep(s.ID) {
			continue
		}
		failed = errors.Join(failed, d.Remove(ctx))
	}
	points, err := mounted(func(source string) bool {
		id, ok := strings.CutPrefix(source, sourcePrefix(root))
		left, _ := filepath.Glob(filepath.Join(globEscape(root), id+"*")) // the pattern is well formed
		return ok && len(left) == 0
	})
	for _, point := range points {
		failed = errors.Join(failed, detach(point))
	}
	return errors.Join(failed, err)
}

// globEscape makes a path mean itself in a pattern.
func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// clear removes what a feeder that is gone left; the caller holds the lock.
func (d Dir) clear() error {
	err := d.unmount()
	var s Spec
	if d.read(specFile, &s) == nil {
		for _, p := range s.Pipes {
			removePipes(p.Dir, p.Channel)
		}
	}
	if err != nil {
		return err // the directory stays, so that the next try finds the mounts
	}
	return os.RemoveAll(string(d))
}

// removePipes removes the pipes of a channel. What cannot be removed goes with
// the job's directory.
func removePipes(dir, channel string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		epoch, ok := strings.CutPrefix(e.Name(), channel+"_")
		if _, err := strconv.ParseUint(epoch, 10, 63); ok && err == nil && e.Type()&fs.ModeNamedPipe != 0 {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// unmount takes away every file system of the feeder, also while somebody uses
// it. What is mounted says the kernel, not a path that a program could have
// exchanged.
func (d Dir) unmount() error {
	points, err := mounted(func(source string) bool { return source == d.source() })
	if err != nil {
		return err
	}
	for _, point := range points {
		if err := detach(point); err != nil {
			return fmt.Errorf("feed: unmount %s: %w", point, err)
		}
	}
	return nil
}

// detach unmounts lazily: root by itself, others by the helper of FUSE.
func detach(point string) error {
	err := unix.Unmount(point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if !errors.Is(err, unix.EPERM) {
		return err
	}
	for _, helper := range []string{"fusermount3", "fusermount"} {
		if out, ran := exec.Command(helper, "-u", "-z", "--", point).CombinedOutput(); ran == nil {
			return nil
		} else if !errors.Is(ran, exec.ErrNotFound) {
			err = fmt.Errorf("%s: %w: %s", helper, ran, strings.TrimSpace(string(out)))
		}
	}
	return err
}

// mounted lists where the file systems of wanted sources are mounted, the latest first.
func mounted(wanted func(source string) bool) ([]string, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var points []string
	in := bufio.NewScanner(f)
	for in.Scan() {
		point, from, ok := mountPoint(in.Text())
		if ok && wanted(from) {
			points = append([]string{point}, points...)
		}
	}
	return points, in.Err()
}

// mountPoint reads a line of mountinfo: "… root point options … - type source …".
func mountPoint(line string) (point, source string, ok bool) {
	before, after, ok := strings.Cut(line, " - ")
	fields, rest := strings.Fields(before), strings.Fields(after)
	if !ok || len(fields) < 5 || len(rest) < 2 {
		return "", "", false
	}
	return unescape(fields[4]), rest[1], true
}

// unescape undoes how mountinfo writes blanks: \040.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
