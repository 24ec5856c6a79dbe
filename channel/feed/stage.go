//go:build linux

package feed

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stage lends the pages of files to a pipe without a copy, by way of a pipe that
// nobody else has. Whoever puts pages into a pipe, or copies out of it, holds the
// pipe's lock meanwhile, and looking up a file's pages takes nearly as long as
// copying a part of them. So they are looked up for the private pipe while the
// reader copies, and then only handed over, which takes a moment.
type stage struct {
	to         int // the reader's pipe
	head, tail int // the private pipe: written at its tail, read at its head
	size       int // what it holds
	held       int // what is in it now
	// paced says that the reader's pipe is large enough for pauses, see pass.
	paced bool
	// quick says that the reader took something during the last pause.
	quick bool
}

// errCannotLend says that a file system does not lend its pages.
var errCannotLend = errors.New("the file system does not lend pages")

// newStage makes a stage before the pipe w; nil if the system has no more pipes:
// then bytes are copied.
func newStage(w *os.File) *stage {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil
	}
	s := &stage{to: int(w.Fd()), head: fds[0], tail: fds[1]} // Fd makes w a blocking one
	_, _ = unix.FcntlInt(uintptr(s.tail), unix.F_SETPIPE_SZ, pipeSize)
	size, err := unix.FcntlInt(uintptr(s.tail), unix.F_GETPIPE_SZ, 0)
	if err != nil || size <= 0 {
		s.Close()
		return nil
	}
	s.size = size
	if size, err = unix.FcntlInt(uintptr(s.to), unix.F_GETPIPE_SZ, 0); err == nil {
		s.paced = size >= pipeSize // a small one would be empty before a pause is over
	}
	return s
}

// Close implements io.Closer; the reader's pipe stays open.
func (s *stage) Close() error { return errors.Join(unix.Close(s.head), unix.Close(s.tail)) }

// lend brings n bytes of a file, from where it stands, into the reader's pipe.
// What it could not bring is the rest: with errCannotLend, the caller may copy
// it. It blocks in the kernel, on this goroutine's thread: going through the
// runtime's poller for every few pages would cost more than they do.
func (s *stage) lend(from *os.File, n int64) (rest int64, err error) {
	in := int(from.Fd())
	for n > 0 || s.held > 0 {
		if n > 0 && err == nil {
			var some int
			some, err = s.fill(in, n)
			n -= int64(some)
		}
		if s.held == 0 {
			break // an error, once all before it has been passed on
		}
		if pass := s.pass(); pass != nil {
			return n, pass
		}
	}
	return n, err
}

// fill takes up to n bytes of the file into the stage, as many as fit.
func (s *stage) fill(in int, n int64) (int, error) {
	room := int(min(n, int64(s.size-s.held)))
	if room == 0 {
		return 0, nil
	}
	for {
		// It must not wait for room, which only this goroutine can make.
		some, err := unix.Splice(in, nil, s.tail, nil, room, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN) && s.held > 0:
			return 0, nil // pages that are not full take as much room as others
		case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS):
			return 0, errCannotLend
		case err != nil:
			return 0, os.NewSyscallError("splice", err)
		case some == 0:
			return 0, io.ErrUnexpectedEOF
		}
		s.held += int(some)
		return int(some), nil
	}
}

// pause is how long a quick reader is left alone. It takes a good part of a full
// pipe in that time, and the kernel adds 50 µs to pauses by default.
const pause = 10 * time.Microsecond

// pass hands over what the reader's pipe has room for, and waits until that is
// something. A writer that waits in the kernel is woken by each read, which costs
// a quick reader more than the bookkeeping of its read. So as long as it is
// quick, this looks from time to time for what it has taken instead. A slow one
// is waited for.
func (s *stage) pass() error {
	flags := 0
	if s.paced {
		flags = unix.SPLICE_F_NONBLOCK
		if s.quick {
			length := unix.NsecToTimespec(pause.Nanoseconds())
			_ = unix.Nanosleep(&length, nil) // a signal may end it early
		}
	}
	for {
		some, err := unix.Splice(s.head, nil, s.to, nil, s.held, unix.SPLICE_F_MOVE|flags)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN) && flags != 0:
			s.quick, flags = false, 0
			continue
		case err != nil:
			return os.NewSyscallError("splice", err)
		case some == 0:
			return io.ErrUnexpectedEOF // cannot be: it holds something
		}
		s.quick = flags != 0
		s.held -= int(some)
		return nil
	}
}
