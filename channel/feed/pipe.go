//go:build linux

package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/channel/order"
)

// pipe feeds one channel in Pipe mode on one host (TrainData-3): one FIFO an
// epoch. An epoch is over when the reader has taken everything or has closed, and
// not before that the next FIFO appears; but still before the reader sees the end
// of this one, so that a program that opens the next at once finds it.
type pipe struct {
	spec  *PipeSpec
	items []Item
	from  *contents
	// dir is the directory of the FIFOs. Everything happens relative to it: the
	// program may exchange whatever a path leads through.
	dir *os.File
	// fifo is the one of the epoch, by a handle that nobody can exchange.
	fifo *os.File
	temp string
}

// newPipe makes the FIFO of the first epoch.
func (f *feeder) newPipe(s *PipeSpec) (*pipe, error) {
	removePipes(s.Dir, s.Channel) // of a feeder that is gone with its directory
	dir, err := os.OpenFile(s.Dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	p := &pipe{spec: s, items: f.sets[s.Set], from: f.from, dir: dir, temp: string(f.dir)}
	p.fifo, err = p.make(0)
	return p, err
}

func (p *pipe) name(epoch int) string { return p.spec.Channel + "_" + strconv.Itoa(epoch) }

// make makes the FIFO of an epoch.
func (p *pipe) make(epoch int) (*os.File, error) {
	name, at := p.name(epoch), int(p.dir.Fd())
	if err := unix.Mkfifoat(at, name, 0o644); err != nil {
		return nil, &fs.PathError{Op: "mkfifo", Path: name, Err: err}
	}
	fd, err := unix.Openat(at, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	fifo := os.NewFile(uintptr(fd), name)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO {
		// Whatever the umask was: the program may be another user.
		if err := os.Chmod(handle(fifo), 0o644); err == nil {
			return fifo, nil
		}
	}
	return nil, errors.Join(failed("the program replaced the pipe %s by something else", name), fifo.Close())
}

// handle is a path that leads to the very file that f is.
func handle(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// run feeds epoch after epoch until something fails.
func (p *pipe) run(ctx context.Context) error {
	for epoch := 0; ; epoch++ {
		// This blocks until somebody reads.
		w, err := os.OpenFile(handle(p.fifo), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		err = p.epoch(ctx, w, epoch)
		if err != nil && !errors.Is(err, unix.EPIPE) {
			return inChannel(p.spec.Channel, err) // w stays open: the end must not look like one
		}
		if err == nil {
			drained(w)
		}
		next, err := p.make(epoch + 1)
		if err != nil {
			return inChannel(p.spec.Channel, err)
		}
		unix.Unlinkat(int(p.dir.Fd()), p.name(epoch), 0) // the program may have done it
		p.fifo.Close()
		p.fifo = next
		if err := w.Close(); err != nil {
			return err
		}
	}
}

// drained waits until the reader has taken what is in the pipe, or has closed.
// The kernel tells the second and not the first.
func drained(w *os.File) {
	raw, err := w.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		for pause := 50 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
			if n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ); err != nil || n == 0 {
				return
			}
			timeout := unix.NsecToTimespec(pause.Nanoseconds())
			poll := []unix.PollFd{{Fd: int32(fd)}} // a closed reader is always told
			if n, err := unix.Ppoll(poll, &timeout, nil); n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
}

// epoch writes everything of an epoch. EPIPE means that the reader has enough.
func (p *pipe) epoch(ctx context.Context, w *os.File, epoch int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := newWriter(w)
	defer out.Close()
	var list []*Content
	for _, i := range order.Items(len(p.items), p.spec.Share, p.spec.Seed, epoch) {
		for j := range p.items[i].Contents {
			list = append(list, &p.items[i].Contents[j])
		}
	}
	ahead := p.from.ahead(ctx, list)
	defer ahead.stop()
	for _, c := range list {
		if err := p.deliver(out, c, ahead); err != nil {
			return err
		}
	}
	return out.flush()
}

// deliver writes one content as the channel wants it.
func (p *pipe) deliver(out *writer, c *Content, ahead *ahead) error {
	if c.local() && !(p.spec.Gzip && c.Bucket != "") {
		return out.content(p.from, c, p.spec.RecordIO)
	}
	body, size, err := ahead.next(c)
	if err != nil {
		return err
	}
	defer body.Close()
	if !p.spec.Gzip || c.Bucket == "" {
		return out.stream(c, body, size, p.spec.RecordIO)
	}
	return p.inflate(out, c, body)
}

// shorter explains a content that ended early.
func shorter(c *Content, err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s ended early: %w", c.label(), io.ErrUnexpectedEOF)
	}
	return err
}

// inChannel says of which channel err speaks.
func inChannel(name string, err error) error {
	var mine *userError
	if errors.As(err, &mine) {
		return failed("channel %q: %s", name, mine.text)
	}
	return fmt.Errorf("channel %q: %w", name, err)
}
