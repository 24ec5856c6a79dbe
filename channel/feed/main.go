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
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/blob/s3client"
)

// lookEvery is how often a feeder looks whether its directory is still there.
const lookEvery = 2 * time.Second

// feeder delivers the channels of one job.
type feeder struct {
	dir  Dir
	spec Spec
	from *contents
	sets map[string][]Item

	once  sync.Once
	ended chan struct{} // closed when it is time to go
}

// Main is the main function of the feeder; args are what follows the words given
// to Start. It answers the process's exit status.
func Main(args []string) int {
	if len(args) != 1 || !Dir(args[0]).holds(lockFD) {
		fmt.Fprintln(os.Stderr, "feed is started by the server only")
		return 2
	}
	unix.CloseOnExec(lockFD)
	unix.CloseOnExec(confirmFD)
	f := &feeder{dir: Dir(args[0]), sets: map[string][]Item{}, ended: make(chan struct{})}
	confirm := os.NewFile(confirmFD, "confirm") // open until this process ends
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := f.begin(ctx); err != nil {
		f.report(err, true)
		f.clear()
		return 1
	}
	confirm.Write([]byte("k")) // whoever waits for it may be gone: no matter
	f.await()
	f.clear()
	return 0
}

// begin makes everything appear.
func (f *feeder) begin(ctx context.Context) error {
	listener, err := f.dir.listen()
	if err != nil {
		return err
	}
	go f.serve(listener)
	if err := f.load(); err != nil {
		return err
	}
	for i := range f.spec.Mounts {
		if err := f.mount(&f.spec.Mounts[i]); err != nil {
			return err
		}
	}
	for i := range f.spec.Pipes {
		p, err := f.newPipe(&f.spec.Pipes[i])
		if err != nil {
			return err
		}
		go func() { f.report(p.run(ctx), true) }()
	}
	return nil
}

// load reads what is to be done.
func (f *feeder) load() error {
	if err := f.dir.read(specFile, &f.spec); err != nil {
		return err
	}
	f.from = &contents{dir: f.dir.Path(PinDir)}
	var secret Secret
	if err := f.dir.read(secretFile, &secret); err == nil {
		store, err := s3client.New(secret.options())
		if err != nil {
			return err
		}
		f.from.store = store
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, p := range f.spec.Pipes {
		if err := f.readSet(p.Set); err != nil {
			return err
		}
	}
	for _, m := range f.spec.Mounts {
		if err := f.readSet(m.Set); err != nil {
			return err
		}
	}
	return nil
}

// readSet reads a list once, also when several hosts share it.
func (f *feeder) readSet(name string) error {
	if _, ok := f.sets[name]; ok {
		return nil
	}
	file, err := os.Open(f.dir.Path(name))
	if err != nil {
		return err
	}
	defer file.Close()
	f.sets[name], err = readSet(bufio.NewReaderSize(file, 256<<10))
	return err
}

// report writes down the first failure; a fatal one replaces one that is not,
// and ends the feeder: its readers must not take a part for the whole.
func (f *feeder) report(err error, fatal bool) {
	if err == nil {
		return
	}
	record := Failure{Reason: err.Error(), Fatal: fatal}
	var mine *userError
	if !errors.As(err, &mine) {
		record.Internal = true
	}
	before, ok := f.dir.recorded()
	if !ok || fatal && !before.Fatal {
		if err := f.dir.write(failureFile, record); err != nil && !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintln(os.Stderr, "cannot record a failure:", record.Reason, err)
		}
	}
	if fatal {
		f.end()
	}
}

func (f *feeder) end() { f.once.Do(func() { close(f.ended) }) }

// await returns when the feeder is told to end, has failed, or nobody can ever
// ask for it again.
func (f *feeder) await() {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, unix.SIGTERM, unix.SIGINT)
	signal.Ignore(unix.SIGHUP)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.ended:
			return
		case s := <-interrupts:
			f.report(fmt.Errorf("the process that delivers the channels' data was ended by the signal %s", s), true)
		case <-tick.C:
			if !f.dir.holds(lockFD) {
				return
			}
		}
	}
}

// serve answers the server: the request to end, and by the connection's end,
// that this process has ended.
func (f *feeder) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "accept:", err)
			time.Sleep(100 * time.Millisecond) // out of files: some will be closed
			continue
		}
		go func() {
			for in := bufio.NewScanner(conn); in.Scan(); {
				if in.Text() == "end" {
					f.end()
				}
			}
		}()
	}
}

// clear takes away what programs see.
func (f *feeder) clear() {
	if err := f.dir.unmount(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	for _, p := range f.spec.Pipes {
		removePipes(p.Dir, p.Channel)
	}
}

// userError is a failure that the user can mend.
type userError struct{ text string }

func (e *userError) Error() string { return e.text }

func failed(format string, args ...any) error { return &userError{fmt.Sprintf(format, args...)} }
