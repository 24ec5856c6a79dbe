//go:build linux

package feed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// File descriptors that the feeder inherits.
const (
	lockFD    = 3
	confirmFD = 4
)

// Make makes the directory for a new feeder. There must be none of that ID.
func (d Dir) Make() error {
	if err := os.MkdirAll(filepath.Dir(string(d)), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(string(d), 0o700); err != nil {
		return err
	}
	return os.Mkdir(d.Path(PinDir), 0o700)
}

// Note writes down what the feeder is to deliver, and from where; secret is nil
// when everything is pinned.
func (d Dir) Note(s Spec, secret *Secret) error {
	if secret != nil {
		if err := d.write(secretFile, secret); err != nil {
			return err
		}
	}
	return d.write(specFile, s)
}

// Start starts the feeder with the words self, after Make and Note. It returns
// when the first pipes and the file systems are there; what the user can mend,
// for example a machine without FUSE, is answered as a Failure.
func (d Dir) Start(ctx context.Context, self []string) (*Failure, error) {
	lock, err := d.lock()
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, fmt.Errorf("feed: a feeder holds %s already", d)
	}
	defer lock.Close() // the feeder's copy of it stays locked
	complaints, err := os.OpenFile(d.Path(errorFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer complaints.Close()
	confirmed, confirm, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self[0], append(self[1:len(self):len(self)], string(d))...)
	cmd.Env = environment()
	cmd.Dir = "/"
	cmd.Stderr = complaints
	cmd.ExtraFiles = []*os.File{lock, confirm} // lockFD, confirmFD
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	confirm.Close()
	if err != nil {
		confirmed.Close()
		return nil, fmt.Errorf("feed: start the feeder: %w", err)
	}
	answer := make(chan error, 1)
	go func() {
		// The feeder keeps its end open as long as it lives, so this goroutine
		// sleeps in the poller, and reaps it afterwards.
		var b [1]byte
		_, err := confirmed.Read(b[:])
		answer <- err
		if err == nil {
			confirmed.Read(b[:])
		}
		confirmed.Close()
		cmd.Wait()
	}()
	select {
	case err = <-answer:
	case <-ctx.Done():
		return nil, context.Cause(ctx) // Remove finds it
	}
	if err == nil {
		return nil, nil
	}
	if f, ok := d.recorded(); ok && !f.Internal {
		return &f, nil
	} else if ok {
		return nil, fmt.Errorf("feed: %s", f.Reason)
	}
	return nil, fmt.Errorf("feed: the feeder ended: %s", d.complaint())
}

// environment is what a feeder inherits: the way to fusermount3, which a plain
// user needs, and to an external S3.
func environment() []string {
	env := []string{"GOGC=50"}
	for _, name := range []string{
		"PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// recorded is what the feeder wrote down.
func (d Dir) recorded() (f Failure, ok bool) { return f, d.read(failureFile, &f) == nil }

// Failure is why the feeder failed to deliver something; ok is false while all
// is well, and when there is no feeder.
func (d Dir) Failure() (f Failure, ok bool, err error) {
	if f, ok := d.recorded(); ok {
		return f, true, nil
	}
	lock, err := d.lock()
	if errors.Is(err, fs.ErrNotExist) {
		return Failure{}, false, nil
	}
	if err != nil || lock == nil {
		return Failure{}, false, err
	}
	defer lock.Close()
	if f, ok := d.recorded(); ok {
		return f, true, nil
	}
	return Failure{Reason: "the process that delivers the channels' data was killed", Fatal: true, Internal: true}, true, nil
}

// Await returns when the feeder has failed fatally, and when ctx has ended or
// there is no feeder (any more), with ok false.
func (d Dir) Await(ctx context.Context) (f Failure, ok bool, err error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if err := context.Cause(ctx); err != nil {
			return Failure{}, false, err
		}
		if f, ok := d.recorded(); ok && f.Fatal {
			return f, true, nil
		}
		if conn, err := d.dial(ctx); err == nil {
			awaitEnd(ctx, conn)
			continue
		}
		// Nobody listens: a feeder that begins or ends, or none at all.
		if f, ok, err := d.Failure(); err != nil || ok && f.Fatal {
			return f, ok, err
		}
		if _, err := os.Stat(string(d)); errors.Is(err, fs.ErrNotExist) {
			return Failure{}, false, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// awaitEnd returns when the feeder has closed the connection or ctx ended.
func awaitEnd(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var b [1]byte
	conn.Read(b[:])
}
