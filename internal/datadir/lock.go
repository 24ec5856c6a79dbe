package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/sys/unix"
)

// ErrInUse says that another server holds the directory.
var ErrInUse = errors.New("the data directory is in use by another server")

// maxNodes bounds the servers that share one directory.
const maxNodes = 64

// Lock is held by a running server. The system releases it when the process
// dies, however it dies, so there is never a stale one.
type Lock struct {
	f *os.File
	// NodeID identifies this server in leases. A server that comes back gets
	// the id of its previous life, so it can release what that one still held.
	NodeID string
}

// Acquire takes the directory for this process. With shared false (the embedded
// database) a second server is refused with ErrInUse; with shared true
// (PostgreSQL) each one gets the first node id that is free.
func (d Dir) Acquire(shared bool) (*Lock, error) {
	n := 1
	if shared {
		n = maxNodes
	}
	for i := range n {
		path := d.lock()
		if i > 0 {
			path += "-" + strconv.Itoa(i)
		}
		take := acquire
		if !shared {
			take = acquirePatiently
		}
		l, err := take(path)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return l, err
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrInUse, d)
}

// A server that is killed while it forks leaves a child that holds a copy of
// the lock until it executes its program. These bound how long we wait for that.
const (
	deadHold = 2 * time.Second
	deadPoll = 5 * time.Millisecond
)

// acquirePatiently is acquire, tried again while only a dead server's child may
// hold the lock.
func acquirePatiently(path string) (*Lock, error) {
	for begun := time.Now(); ; time.Sleep(deadPoll) {
		l, err := acquire(path)
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Since(begun) > deadHold {
			return l, err
		}
	}
}

func acquire(path string) (_ *Lock, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, err
	}
	id, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	node := strings.TrimSpace(string(id))
	if _, err := ulid.ParseStrict(node); err != nil { // the first start, or one cut short
		node = ulid.Make().String()
		if err := errors.Join(f.Truncate(0), writeAt(f, node+"\n"), f.Sync()); err != nil {
			return nil, err
		}
	}
	return &Lock{f: f, NodeID: node}, nil
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// Release gives the directory free. The file stays: it holds the node id.
func (l *Lock) Release() error { return l.f.Close() }

// Alone runs fn while no other process runs one under the same name in this
// directory. It is for the short moments of making what all servers share.
func (d Dir) Alone(name string, fn func() error) error {
	f, err := os.OpenFile(filepath.Join(string(d), "."+name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return err
	}
	return fn()
}
