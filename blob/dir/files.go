package dir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// files is the directory of content files. It remembers which of them must not
// be removed yet.
type files struct {
	root string
	lock *os.File // nil when another server holds it
	log  *slog.Logger

	mu     sync.Mutex
	fresh  map[string]bool // being written, not in the index yet
	pins   map[string]int  // open readers that have not opened the file itself yet
	doomed map[string]bool // out of the index, to be removed with the last pin
}

// path is where the content file id lies.
func (f *files) path(id string) string { return filepath.Join(f.root, id[:2], id) }

// create makes a new content file and registers it as fresh; keep or discard
// ends that.
func (f *files) create() (id string, file *os.File, err error) {
	var raw [16]byte
	rand.Read(raw[:]) // never fails
	id = hex.EncodeToString(raw[:])
	f.mu.Lock()
	f.fresh[id] = true
	f.mu.Unlock()
	open := func() error {
		file, err = os.OpenFile(f.path(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	}
	if err := open(); errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(f.path(id)), 0o700); err == nil {
			if err = syncDir(f.root); err == nil {
				err = open()
			}
		}
		if err != nil {
			f.keep(id)
			return "", nil, err
		}
	} else if err != nil {
		f.keep(id)
		return "", nil, err
	}
	return id, file, nil
}

// keep ends the fresh life of a file: from now on the index decides.
func (f *files) keep(id string) {
	f.mu.Lock()
	delete(f.fresh, id)
	f.mu.Unlock()
}

// discard removes a fresh file.
func (f *files) discard(id string) {
	f.remove(id)
	f.keep(id)
}

// remove deletes content files that the index no longer names; pinned ones go
// with their last reader.
func (f *files) remove(ids ...string) {
	for _, id := range ids {
		f.mu.Lock()
		pinned := f.pins[id] > 0
		if pinned {
			f.doomed[id] = true
		}
		f.mu.Unlock()
		if !pinned {
			f.unlink(id)
		}
	}
}

func (f *files) unlink(id string) {
	if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("content file not removed, the next start will try again", "id", id, "err", err)
	}
}

// pin keeps the files of ids on disk until unpin.
func (f *files) pin(ids []chunk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range ids {
		f.pins[c.id]++
	}
}

// unpin undoes one pin and removes what was waiting for it.
func (f *files) unpin(ids []chunk) {
	var gone []string
	f.mu.Lock()
	for _, c := range ids {
		if f.pins[c.id]--; f.pins[c.id] > 0 {
			continue
		}
		delete(f.pins, c.id)
		if f.doomed[c.id] {
			delete(f.doomed, c.id)
			gone = append(gone, c.id)
		}
	}
	f.mu.Unlock()
	for _, id := range gone {
		f.unlink(id)
	}
}

// isFresh tells whether this process is still writing the file.
func (f *files) isFresh(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fresh[id] || f.doomed[id]
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
