package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
)

// parallel bounds how many files of a mirror are on their way at once.
const parallel = 8

// work is one pass's effects.
type work struct {
	*Mirror
	mutex  sync.Mutex // guards state, memory and journal of the Mirror, and failed
	failed error
}

// each does n things, some at a time. A failure of one does not keep the others
// from being done, only the first is kept.
func (w *work) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) {
	var g errgroup.Group
	g.SetLimit(parallel)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			if err := do(ctx, i); err != nil {
				w.mutex.Lock()
				defer w.mutex.Unlock()
				if w.failed == nil || isChanged(w.failed) {
					w.failed = err
				}
			}
			return nil
		})
	}
	_ = g.Wait() // failures are in w.failed
	if err := context.Cause(ctx); err != nil && w.failed == nil {
		w.failed = err
	}
}

func isChanged(err error) bool { return errors.Is(err, artifact.ErrChanged) }

// object is where a path goes; its key is valid, look has seen to that.
func (w *work) object(path string) artifact.Object {
	key, _ := artifact.Key(w.Prefix, path)
	return artifact.Object{Store: w.Store, Bucket: w.Bucket, Key: key}
}

// upload brings one file up.
func (w *work) upload(ctx context.Context, u upload) error {
	f, err := w.Local.Open(u.path)
	if errors.Is(err, tree.ErrVanished) {
		return nil // the next look sees it
	} else if err != nil {
		return err
	}
	defer f.Close()
	etag, err := w.object(u.path).Send(ctx, f, f.Entry.Size)
	if errors.Is(err, blob.ErrIncomplete) {
		return fmt.Errorf("%w: %q", artifact.ErrChanged, u.path)
	} else if err != nil {
		return fmt.Errorf("upload %q: %w", u.path, err)
	}
	// A file that was opened just after it was changed may be changed again without
	// its time telling so: clocks of file systems are coarse.
	sig := signatureOf(f.Entry)
	settled := u.settled && sig == w.seen(u.path)
	return w.done(u.path, known{sig, etag, settled})
}

// seen is the signature that the look has found.
func (w *work) seen(path string) signature {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.memory.changed[path].signature
}

// copy makes the object of a renamed file from the one under its old name. When
// that is not possible, because somebody replaced it for example, it is uploaded.
func (w *work) copy(ctx context.Context, r rename) error {
	w.mutex.Lock()
	old := w.state[r.from]
	w.mutex.Unlock()
	info, err := w.Store.Copy(ctx, w.Bucket, w.object(r.from).Key, w.Bucket, w.object(r.to).Key, blob.PutOptions{Size: -1, SourceETag: old.ETag}, false, false)
	if err != nil {
		return w.upload(ctx, upload{r.to, true})
	}
	old.ETag = info.ETag
	return w.done(r.to, old)
}

// done notes what is in S3 under a path now.
func (w *work) done(path string, k known) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if k.Settled {
		delete(w.memory.changed, path)
	} else if u, ok := w.memory.changed[path]; ok {
		u.since = time.Now() // its patience begins anew
		w.memory.changed[path] = u
	}
	w.state[path] = k
	return w.journal.add(record{Path: path, known: k})
}

// delete removes the objects of files that are gone, except those that are
// somebody else's by now.
func (w *work) delete(ctx context.Context, paths []string) {
	ours := map[string]string{} // keys by path
	w.each(ctx, len(paths), func(ctx context.Context, i int) error {
		key := w.object(paths[i]).Key
		w.mutex.Lock()
		etag := w.state[paths[i]].ETag
		w.mutex.Unlock()
		info, err := w.Store.Head(ctx, w.Bucket, key)
		if errors.Is(err, blob.ErrNoSuchKey) || err == nil && etag != "" && info.ETag != etag {
			return nil
		} else if err != nil {
			return err
		}
		w.mutex.Lock()
		defer w.mutex.Unlock()
		ours[paths[i]] = key
		return nil
	})
	if w.failed != nil {
		return
	}
	keys := slices.Sorted(maps.Values(ours))
	for batch := range slices.Chunk(keys, blob.MaxPageSize) {
		if err := w.Store.Delete(ctx, w.Bucket, batch...); err != nil {
			w.failed = fmt.Errorf("delete: %w", err)
			return
		}
	}
	records := make([]record, 0, len(paths))
	for _, p := range paths {
		records = append(records, record{Path: p, Gone: true})
	}
	if len(records) == 0 {
		return
	}
	if w.failed = w.journal.add(records...); w.failed != nil {
		return
	}
	for _, p := range paths {
		delete(w.state, p)
		delete(w.memory.gone, p)
	}
}
