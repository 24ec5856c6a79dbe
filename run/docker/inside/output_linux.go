package inside

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/logstream"
)

// drainWait is how long output is waited for after everyone who could write it
// is dead.
const drainWait = 2 * time.Second

// output carries the program's standard output and error into its log, line by
// line in the order of arrival: one thread reads both pipes as they become
// readable.
type output struct {
	log      *logstream.Writer
	write    [2]int // the program's ends, until let go
	read     [2]int
	lines    [2]*logstream.Splitter
	quit     [2]int // closing the second ends the reading
	done     chan struct{}
	complain sync.Once
}

// newOutput makes the pipes; owner is who may open the program's ends anew, as
// writing to /dev/stderr does.
func newOutput(log *logstream.Writer, owner Owner) (*output, error) {
	o := &output{log: log, done: make(chan struct{})}
	if err := unix.Pipe2(o.quit[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	for i := range o.write {
		var fds [2]int
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
		if err := unix.Fchown(fds[1], owner.UID, owner.GID); err != nil {
			return nil, fmt.Errorf("give a pipe to the program: %w", err)
		}
		o.read[i], o.write[i] = fds[0], fds[1]
		o.lines[i] = logstream.NewSplitter(o.line)
	}
	return o, nil
}

// line writes one line to the log.
func (o *output) line(t time.Time, line []byte) {
	if err := o.log.WriteLine(t, line); err != nil {
		o.complain.Do(func() { complain("log:", err) })
	}
}

// started lets the program's ends go and begins to read.
func (o *output) started() {
	for _, fd := range o.write {
		unix.Close(fd)
	}
	go o.run()
}

// run takes output until both pipes have ended or drain gives up.
func (o *output) run() {
	defer close(o.done)
	buf := make([]byte, 64<<10)
	poll := []unix.PollFd{{Fd: int32(o.read[0]), Events: unix.POLLIN}, {Fd: int32(o.read[1]), Events: unix.POLLIN}, {Fd: int32(o.quit[0]), Events: unix.POLLIN}}
	for open := 2; open > 0; {
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			o.complain.Do(func() { complain("output:", err) })
			return
		}
		for i, lines := range o.lines {
			if poll[i].Revents == 0 {
				continue
			}
			n, err := unix.Read(o.read[i], buf)
			if err == unix.EINTR {
				continue
			}
			now := time.Now()
			lines.Write(now, buf[:max(n, 0)])
			if n <= 0 {
				lines.Close(now)
				unix.Close(o.read[i])
				poll[i].Fd, poll[i].Revents = -1, 0
				open--
			}
		}
		if poll[2].Revents != 0 {
			for _, lines := range o.lines {
				lines.Close(time.Now())
			}
			return
		}
	}
}

// drain takes the rest of the output and completes the log. All writers are
// dead.
func (o *output) drain() {
	giveUp := time.AfterFunc(drainWait, func() { unix.Close(o.quit[1]) })
	<-o.done
	giveUp.Stop()
	if err := o.log.Close(); err != nil {
		complain("log:", err)
	}
}
