package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// sharedAge is how old an unknown file has to be before a server removes it that
// is not alone in the directory: an upload of another one may be under way.
const sharedAge = 24 * time.Hour

// sweep removes content files that the index does not name, one subdirectory
// after the other, and closes s.swept.
func (s *Store) sweep(ctx context.Context) {
	defer close(s.swept)
	dirs, err := os.ReadDir(s.files.root)
	if err != nil {
		s.log.Warn("object directory not cleaned", "err", err)
		return
	}
	removed := 0
	for _, d := range dirs {
		n, err := s.sweepDir(ctx, d.Name())
		removed += n
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Warn("object directory not cleaned", "dir", d.Name(), "err", err)
		}
	}
	if removed > 0 {
		s.log.Info("removed content files left by a crash", "files", removed)
	}
}

// sweepDir cleans one subdirectory. The order matters: a file that was listed,
// then found not to be fresh, was committed before that moment or never.
func (s *Store) sweepDir(ctx context.Context, name string) (removed int, err error) {
	entries, err := os.ReadDir(filepath.Join(s.files.root, name))
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	var old []string
	for _, e := range entries {
		if id := e.Name(); len(id) > 2 && id[:2] == name && !s.files.isFresh(id) && s.deserted(e) {
			old = append(old, id)
		}
	}
	known := map[string]bool{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query("SELECT id FROM content WHERE id >= $1 AND id < $2", name, name+"g")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			known[id] = true
		}
		return rows.Err()
	})
	if err != nil {
		return 0, err
	}
	for _, id := range old {
		if !known[id] {
			s.files.remove(id)
			removed++
		}
	}
	return removed, nil
}

// deserted tells whether no other server can be writing the file.
func (s *Store) deserted(e fs.DirEntry) bool {
	if s.files.lock != nil {
		return true
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return false
	}
	return time.Since(info.ModTime()) > sharedAge
}
