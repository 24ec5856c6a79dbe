//go:build linux

package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"os"
	"path/filepath"

	"github.com/sagebrush/sagebrush/internal/statedir"
)

// Dir is the directory of one feeder, see the package comment.
type Dir string

// DirOf is where the feeder of an ID is kept beneath root, which is absolute.
func DirOf(root, id string) Dir {
	sum := sha256.Sum256([]byte(id))
	return Dir(filepath.Join(root, hex.EncodeToString(sum[:])))
}

// Path is a file of the directory.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// sourcePrefix begins the source of all mounts of the feeders beneath root.
func sourcePrefix(root string) string {
	sum := sha256.Sum256([]byte(root))
	return "sagebrush-" + hex.EncodeToString(sum[:8]) + "-"
}

// source names the feeder's file systems in the list of mounts.
func (d Dir) source() string {
	id := filepath.Base(string(d))
	return sourcePrefix(filepath.Dir(string(d))) + id[:min(len(id), 16)]
}

// read decodes a file.
func (d Dir) read(name string, into any) error {
	data, err := os.ReadFile(d.Path(name))
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// write replaces a file atomically. Nothing here has to survive the machine.
func (d Dir) write(name string, v any) error { return statedir.Write(d.Path(name), v) }

// lock tries to become the one who acts for the feeder, see statedir.TryLock.
func (d Dir) lock() (*os.File, error) { return statedir.TryLock(d.Path(lockFile)) }

// holds says whether the inherited file is the lock of the directory.
func (d Dir) holds(fd int) bool { return statedir.IsLock(fd, d.Path(lockFile)) }

// dial connects to the feeder; an error means that none listens.
func (d Dir) dial(ctx context.Context) (net.Conn, error) {
	return statedir.Dial(ctx, string(d), sockFile)
}

// listen is the feeder's side of dial.
func (d Dir) listen() (net.Listener, error) { return statedir.Listen(string(d), sockFile) }

// complaint is what the feeder wrote to its error file, for error messages.
func (d Dir) complaint() string { return statedir.Complaint(d.Path(errorFile)) }
