package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/internal/statedir"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
)

// stateDir is the directory of one program, see the package comment.
type stateDir string

const (
	lockFile   = "lock"
	specFile   = "spec.json"
	begunFile  = "begun"
	secretFile = "secret.json"
	sharedDir  = "run"
)

// hash is the short name of an ID or of a network.
func hash(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

func (d stateDir) path(name string) string { return filepath.Join(string(d), name) }

// has says whether a file of the directory exists.
func (d stateDir) has(name string) bool {
	_, err := os.Lstat(d.path(name))
	return err == nil
}

// write replaces a file atomically.
func (d stateDir) write(name string, v any) error { return statedir.Write(d.path(name), v) }

// maxRecord bounds what is read of a file that a program may have written.
const maxRecord = 1 << 20

// read decodes a file. The container's root may write beneath run/, so nothing
// there is followed out of the directory, waited for, or believed to be small.
func (d stateDir) read(name string, into any) bool {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return false
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return false
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRecord))
	return err == nil && json.Unmarshal(data, into) == nil
}

// exit is the recorded end.
func (d stateDir) exit() (e run.Exit, ok bool) {
	if d.read(inside.ExitFile, &e) {
		return e, true
	}
	var r inside.Record
	if d.read(sharedDir+"/"+inside.ExitFile, &r) && r.Secret != "" && r.Secret == d.secret() {
		return r.Exit, true
	}
	return e, false
}

// secret is what the container's first process knows, and its program does not.
func (d stateDir) secret() (secret string) {
	d.read(secretFile, &secret)
	return secret
}

// lock waits until the caller is the one who may start or remove the program,
// and makes the directory if need be.
func (d stateDir) lock(ctx context.Context) (*os.File, error) {
	return d.lockFile(ctx, lockFile, true)
}

// lockExisting is lock for a directory that must be there: fs.ErrNotExist.
func (d stateDir) lockExisting(ctx context.Context) (*os.File, error) {
	return d.lockFile(ctx, lockFile, false)
}

func (d stateDir) lockFile(ctx context.Context, name string, create bool) (*os.File, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if create {
			// One that vanishes while it is looked at counts as existing, and is made
			// in the next round.
			if err := os.MkdirAll(string(d), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				return nil, err
			}
		}
		f, err := statedir.TryLock(d.path(name))
		if f != nil || err != nil && !(create && errors.Is(err, fs.ErrNotExist)) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// dial connects to the container's first process; an error means that it does
// not listen yet, or no more.
func (d stateDir) dial(ctx context.Context) (net.Conn, error) {
	return statedir.Dial(ctx, d.path(sharedDir), inside.SockFile)
}
