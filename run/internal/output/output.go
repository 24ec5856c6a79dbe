//go:build linux

// Package output carries what a program prints into its log stream, for whoever
// holds a program: the supervisor of run/process, or the first process of a
// container of run/docker.
package output

import (
	"fmt"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/logstream"
)

// drainWait is how long output is waited for after everyone who could write it
// is dead. Only somebody outside the program who was handed its pipe can make
// it last.
const drainWait = 2 * time.Second

// pipeSize is what the program can print while we are busy or let its output
// gather, in bytes: more than the system's default, and modest enough for what
// it lets one user have.
const defaultPipeSize, pipeSize = 64 << 10, 256 << 10

// Output carries a program's standard output and error into its log, line by
// line in the order of arrival.
//
// One thread reads both pipes by an epoll of its own, because that answers them
// in the order in which they became readable; the runtime's poller does not say.
type Output struct {
	// Stdout and Stderr are the program's ends, until Started.
	Stdout, Stderr uintptr

	log      *logstream.Writer
	capacity int // of a pipe, in bytes
	epoll    int
	pipes    map[int32]*logstream.Splitter // by our ends
	quit     [2]int                        // closing the second ends the reading
	done     chan struct{}
	complain sync.Once
}

// New makes the pipes; their lines go to log, which Drain closes.
func New(log *logstream.Writer) (*Output, error) {
	o := &Output{log: log, pipes: map[int32]*logstream.Splitter{}, done: make(chan struct{})}
	var err error
	if o.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("read the output: %w", err)
	}
	if err := o.pipe(&o.quit); err != nil {
		return nil, err
	}
	for _, end := range []*uintptr{&o.Stdout, &o.Stderr} {
		var fds [2]int
		if err := o.pipe(&fds); err != nil {
			return nil, err
		}
		size, err := unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, pipeSize)
		if err != nil {
			size = defaultPipeSize // many pipes are open; slower, and all right
		}
		o.capacity = size
		*end = uintptr(fds[1])
		o.pipes[int32(fds[0])] = logstream.NewSplitter(o.line)
	}
	return o, nil
}

// pipe makes a pipe and watches its reading end.
func (o *Output) pipe(fds *[2]int) error {
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fds[0])}
	if err := unix.EpollCtl(o.epoll, unix.EPOLL_CTL_ADD, fds[0], &event); err != nil {
		return fmt.Errorf("watch a pipe: %w", err)
	}
	return nil
}

// line writes one line to the log.
func (o *Output) line(t time.Time, line []byte) {
	if err := o.log.WriteLine(t, line); err != nil {
		o.complain.Do(func() { fmt.Fprintln(os.Stderr, "log:", err) })
	}
}

// Started lets the program's ends go and begins to read.
func (o *Output) Started() {
	unix.Close(int(o.Stdout))
	unix.Close(int(o.Stderr))
	go o.read()
}

// read takes output until both pipes have ended or Drain gives up.
func (o *Output) read() {
	defer close(o.done)
	buf := make([]byte, pipeSize)
	events := make([]unix.EpollEvent, 3)
	pace := pace{capacity: o.capacity}
	for asked := time.Now(); len(o.pipes) > 0; {
		n, err := unix.EpollWait(o.epoll, events, -1)
		if err != nil && err != unix.EINTR {
			o.complain.Do(func() { fmt.Fprintln(os.Stderr, "output:", err) })
			return
		}
		for _, e := range events[:max(n, 0)] {
			lines := o.pipes[e.Fd]
			if lines == nil { // quit
				for _, l := range o.pipes {
					l.Close(time.Now())
				}
				return
			}
			n, err := unix.Read(int(e.Fd), buf)
			if err == unix.EINTR {
				continue
			}
			now := time.Now()
			lines.Write(now, buf[:max(n, 0)])
			if n <= 0 {
				lines.Close(now)
				delete(o.pipes, e.Fd)
				unix.Close(int(e.Fd))
			}
			pace.took(e.Fd, max(n, 0), now.Sub(asked))
		}
		rest(pace.rest())
		asked = time.Now()
	}
}

// rest sleeps for a moment, and keeps the processor of the runtime for us: with
// time.Sleep, or an ordinary call, other threads would take it and give it back
// every time, which costs many times what taking the output does. The garbage
// collector can wait as long.
func rest(d time.Duration) {
	if d > 0 {
		ts := unix.NsecToTimespec(int64(min(d, maxRest)))
		_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
}

// Drain takes the rest of the output and completes the log. All writers are
// dead.
func (o *Output) Drain() {
	giveUp := time.AfterFunc(drainWait, func() { unix.Close(o.quit[1]) })
	<-o.done
	giveUp.Stop()
	if err := o.log.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "log:", err)
	}
}

const (
	// manyReads is how many reads of one pipe in a row, none of them a longer wait
	// than floodGap after the one before, make a flood.
	manyReads = 32
	floodGap  = 5 * time.Millisecond
	// maxRest is for how long output may gather in a flood. It is the resolution
	// of the log's times, and what the order of the two pipes may suffer then.
	maxRest = time.Millisecond
)

// pace keeps a program that prints much from waking us for every line, which
// slows both down: in a flood from one pipe it lets output gather for a moment.
// At any other time output is taken as it comes, so the order of the pipes holds.
type pace struct {
	capacity int // of the pipes
	fd       int32
	reads    int // in a row
	pause    time.Duration
}

// took notes a read of n bytes for which waited had passed since the last rest.
func (p *pace) took(fd int32, n int, waited time.Duration) {
	if fd != p.fd || waited >= floodGap {
		*p = pace{capacity: p.capacity, fd: fd, pause: maxRest}
	}
	p.reads++
	switch {
	case n > p.capacity/2:
		p.pause /= 2 // the pipe may be full before the rest is over
	case p.reads > manyReads:
		p.pause = min(p.pause+maxRest/8, maxRest)
	}
}

// rest is how long to let output gather now.
func (p *pace) rest() time.Duration {
	if p.reads < manyReads {
		return 0
	}
	return p.pause
}
