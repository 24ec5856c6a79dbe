//go:build linux

package process

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/logstream"
)

// drainWait is how long output is waited for after everyone who could write it
// is dead. Only somebody outside the program who was handed its pipe can make
// it last.
const drainWait = 2 * time.Second

// output carries a program's standard output and error into its log, line by
// line in the order of arrival.
type output struct {
	log            *logstream.Writer
	stdout, stderr uintptr // the program's ends, until started
	readers        []*os.File
	done           sync.WaitGroup
}

// newOutput makes the pipes.
func newOutput(log *logstream.Writer) (*output, error) {
	o := &output{log: log}
	for _, end := range []*uintptr{&o.stdout, &o.stderr} {
		var fds [2]int
		// Not os.Pipe: the program's end must block.
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
		if err := unix.SetNonblock(fds[0], true); err != nil {
			return nil, err
		}
		*end = uintptr(fds[1])
		o.readers = append(o.readers, os.NewFile(uintptr(fds[0]), "output"))
	}
	return o, nil
}

// started lets the program's ends go and begins to read.
func (o *output) started() {
	unix.Close(int(o.stdout))
	unix.Close(int(o.stderr))
	for _, r := range o.readers {
		o.done.Go(func() { o.read(r) })
	}
}

func (o *output) read(r *os.File) {
	defer r.Close()
	lines := logstream.NewSplitter(func(t time.Time, line []byte) {
		if err := o.log.WriteLine(t, line); err != nil {
			fmt.Fprintln(os.Stderr, "log:", err)
		}
	})
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		now := time.Now()
		lines.Write(now, buf[:n])
		if err != nil {
			lines.Close(now)
			return
		}
	}
}

// drain takes the rest of the output and completes the log. All writers are
// dead.
func (o *output) drain() {
	for _, r := range o.readers {
		r.SetReadDeadline(time.Now().Add(drainWait))
	}
	o.done.Wait()
	if err := o.log.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "log:", err)
	}
}
