package modeldata

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/blob"
)

// CacheConfig is what a Cache needs.
type CacheConfig struct {
	Objects blob.Store
	// Dir holds what was brought. On the file system of the replicas' directories
	// they get links; elsewhere they get copies.
	Dir string
	// MaxBytes is how much is kept for later; 0 is 10 GiB. What replicas use costs
	// nothing more, and is never taken from them.
	MaxBytes int64
}

const defaultCacheBytes = 10 << 30

// Cache brings model data once for all replicas of this machine. All methods are
// safe for concurrent use.
type Cache struct {
	CacheConfig
	root  string // below Dir, of this boot
	gates gates
	// mu is held for reading while files are linked, for writing while some are
	// taken away. gone counts those.
	mu   sync.RWMutex
	gone int
}

// NewCache makes a cache, which forgets what it had before the machine was
// started: the disk may have kept half of it.
func NewCache(c CacheConfig) (*Cache, error) {
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultCacheBytes
	}
	root := filepath.Join(c.Dir, "boot-"+bootID())
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	others, err := os.ReadDir(c.Dir)
	for _, o := range others {
		if o.Name() != filepath.Base(root) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(c.Dir, o.Name())))
		}
	}
	if err != nil {
		return nil, err
	}
	// What an earlier server has left unfinished.
	entries, err := os.ReadDir(root)
	for _, e := range entries {
		path := filepath.Join(root, e.Name())
		if _, complete := sizeOf(path); !complete || strings.Contains(e.Name(), entryGone) {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return &Cache{CacheConfig: c, root: root}, err
}

// Provide brings model data to dir as Download does, from what is there already
// where the objects are the same. The files are shared with other replicas: show
// dir to programs read-only.
func (c *Cache) Provide(ctx context.Context, r Request, dir string) error {
	return place(dir, func(part string) error {
		for {
			bucket, list, err := look(ctx, c.Objects, r)
			if err != nil {
				return err
			}
			entry := filepath.Join(c.root, keyOf(bucket, r.Source, list))
			if err := c.bring(ctx, r, bucket, list, entry); err != nil {
				return err
			}
			ok, err := c.link(ctx, entry, part)
			if ok || err != nil {
				return err
			}
			// It went for want of room before it was linked.
		}
	})
}

// keyOf names what objects hold, in the form of the source.
func keyOf(bucket string, s Source, list []object) string {
	text, err := json.Marshal(struct {
		Bucket string
		Gzip   bool
		List   []object
	}{bucket, s.Gzip, list})
	if err != nil {
		panic(err) // texts and numbers only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// An entry is a directory with data and, once that is complete, size; what goes
// away is renamed first.
const (
	entryData = "data"
	entrySize = "size"
	entryGone = ".gone"
)

// bring makes the entry unless it is there. Of several who want it at once the
// others wait for the one that works, and then find it.
func (c *Cache) bring(ctx context.Context, r Request, bucket string, list []object, entry string) error {
	leave, err := c.gates.enter(ctx, entry)
	if err != nil {
		return err
	}
	defer leave()
	if size, ok := sizeOf(entry); ok {
		if r.Limit > 0 && size > r.Limit {
			return tooLarge(r.URI, r.Limit)
		}
		return nil
	}
	if err := errors.Join(os.RemoveAll(entry), os.Mkdir(entry, 0o755)); err != nil {
		return err
	}
	data := filepath.Join(entry, entryData)
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	if err := fill(ctx, c.Objects, r, bucket, list, data); err != nil {
		return errors.Join(err, os.RemoveAll(entry))
	}
	size, err := sumOf(data)
	if err == nil {
		// The last thing: from now on the entry is there.
		err = os.WriteFile(filepath.Join(entry, entrySize), strconv.AppendInt(nil, size, 10), 0o600)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(entry))
	}
	return c.trim(entry)
}

// sizeOf is how many bytes an entry's files have, if the entry is complete.
func sizeOf(entry string) (int64, bool) {
	text, err := os.ReadFile(filepath.Join(entry, entrySize))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}

// sumOf is how many bytes the files below dir have.
func sumOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// trim removes the entries that nobody has wanted for the longest time until what
// is left fits, and never the one that was just made.
func (c *Cache) trim(made string) error {
	gone, err := c.pick(made)
	for _, path := range gone {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// pick takes the entries that must go out of everybody's reach, so that they may
// be made anew while they go, and answers where they are.
func (c *Cache) pick(made string) (gone []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names, err := os.ReadDir(c.root)
	if err != nil {
		return nil, err
	}
	type kept struct {
		path string
		size int64
		used time.Time
	}
	var entries []kept
	var sum int64
	for _, n := range names {
		e := kept{path: filepath.Join(c.root, n.Name())}
		if strings.Contains(n.Name(), entryGone) {
			continue
		}
		info, err := os.Stat(filepath.Join(e.path, entrySize))
		size, ok := sizeOf(e.path)
		if err != nil || !ok {
			continue // it is being made
		}
		sum += size
		if e.size, e.used = size, info.ModTime(); e.path != made {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b kept) int { return a.used.Compare(b.used) })
	for _, e := range entries {
		if sum <= c.MaxBytes {
			break
		}
		c.gone++
		away := fmt.Sprintf("%s%s%d", e.path, entryGone, c.gone)
		if err := os.Rename(e.path, away); err != nil {
			return gone, err
		}
		gone, sum = append(gone, away), sum-e.size
	}
	return gone, nil
}

// link gives part the files of an entry; ok is false when the entry is gone.
func (c *Cache) link(ctx context.Context, entry, part string) (ok bool, err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	size := filepath.Join(entry, entrySize)
	if err := os.Chtimes(size, time.Time{}, time.Now()); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, linkTree(ctx, filepath.Join(entry, entryData), part)
}
