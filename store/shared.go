package store

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/sagebrush/sagebrush/aws"
)

// maxShared bounds the stored bytes behind the rows that are kept decoded. It is
// small, because what is kept is what the collector has to walk, and few rows are
// looked at again and again.
const maxShared = 2 << 20

// sharedRows keeps decoded rows for readers who look at the same ones again and
// again, as clients do who wait for a job. A row is used only while the database
// still holds the very version it was decoded from.
//
// There are two generations: a row that is used moves to the young one; when
// that is full the old one is forgotten. So what is in use stays, at the price
// of a map lookup.
type sharedRows struct {
	mu         sync.Mutex
	young, old map[sharedKey]sharedRow
	bytes      int // of young
}

type sharedKey struct{ kind, account, region, name string }

type sharedRow struct {
	row     any // *Row[T]
	version version
	bytes   int
}

// version tells two states of a row apart, also of one that was deleted and
// made again.
type version struct{ rev, created, modified int64 }

func (s *sharedRows) get(k sharedKey, v version) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.young[k]
	if !ok {
		if r, ok = s.old[k]; ok {
			delete(s.old, k)
			s.add(k, r)
		}
	}
	if !ok || r.version != v {
		return nil
	}
	return r.row
}

func (s *sharedRows) put(k sharedKey, r sharedRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.old, k)
	s.add(k, r)
}

// add puts r into the young generation. The caller holds s.mu.
func (s *sharedRows) add(k sharedKey, r sharedRow) {
	if s.bytes+r.bytes > maxShared/2 || s.young == nil {
		s.young, s.old, s.bytes = make(map[sharedKey]sharedRow), s.young, 0
	}
	s.bytes += r.bytes - s.young[k].bytes
	s.young[k] = r
}

// Shared is Get for readers: the row may be one that others look at as well, so
// nothing of it may be changed. Inside an Update it is Get.
func (t Table[T]) Shared(tx *Tx, scope aws.Scope, name string) (*Row[T], error) {
	if tx.shared == nil {
		return t.Get(tx, scope, name)
	}
	var v version
	err := tx.QueryRow(`SELECT rev, created_at, modified_at FROM resource
		WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4`,
		t.kind, scope.Account, scope.Region, name).Scan(&v.rev, &v.created, &v.modified)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %s %s", ErrNotFound, t.kind, name)
	} else if err != nil {
		return nil, fmt.Errorf("store: get %s %s: %w", t.kind, name, err)
	}
	key := sharedKey{t.kind, scope.Account, scope.Region, name}
	if row, ok := tx.shared.get(key, v).(*Row[T]); ok {
		return row, nil
	}
	row, bytes, err := t.get(tx, scope, name)
	if err != nil {
		return nil, err
	}
	// The version is of the row itself: a View on PostgreSQL may be so lax that
	// the two statements see different ones.
	v = version{row.Rev, Micros(row.CreatedAt), Micros(row.ModifiedAt)}
	tx.shared.put(key, sharedRow{row, v, bytes})
	return row, nil
}
