package index

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// fanIn is how many segments of about one size become one. A record is rewritten
// once a size, and a size is fanIn times the one before: four times at most.
const fanIn = 8

// stored is a segment in the database.
type stored struct {
	id         int64
	docs, live int
	dead       []byte
	packed     search.Packed
}

// size is the class of sizes that a segment belongs to; -1 when it is full enough
// to stay as it is.
func (s *stored) size() int {
	if s.live > search.MaxDocs/2 && s.docs-s.live < s.docs/2 {
		return -1
	}
	return bits.Len(uint(s.live)) / 3
}

// choose decides which segments to merge: fanIn of one class, or as many of them
// as fit into one segment.
func choose(all []*stored) []*stored {
	classes := map[int][]*stored{}
	for _, s := range all {
		classes[s.size()] = append(classes[s.size()], s)
	}
	for class := range 5 {
		group := classes[class]
		if len(group) < fanIn {
			continue
		}
		slices.SortFunc(group, func(a, b *stored) int { return cmp.Or(cmp.Compare(a.live, b.live), cmp.Compare(a.id, b.id)) })
		n, live := 0, 0
		for n < len(group) && live+group[n].live <= search.MaxDocs {
			live += group[n].live
			n++
		}
		if n > 1 {
			return group[:n]
		}
	}
	return nil
}

// merge makes one segment of several small ones; false when there are none. Like
// flush it works outside of transactions, and gives up if the segments are not
// the same any more when it is done.
func (x *Index) merge(ctx context.Context, k *kind, scope aws.Scope) (bool, error) {
	var chosen []*stored
	err := x.db.View(ctx, func(tx *store.Tx) (err error) {
		if chosen, err = listSegments(tx, k, scope); err != nil {
			return err
		}
		chosen = choose(chosen)
		for _, s := range chosen {
			if err := s.load(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || chosen == nil {
		return false, wrap(err)
	}
	parts := make([]search.Part, len(chosen))
	for i, s := range chosen {
		columns, err := x.unpack.Unpack(&s.packed)
		if err != nil {
			return false, fmt.Errorf("index: segment %d: %w", s.id, err)
		}
		parts[i] = search.Part{Segment: columns, Dead: search.BitsOf(s.dead, s.docs)}
	}
	packed, numbers, err := search.Merge(parts)
	if err != nil {
		return false, wrap(err)
	}
	moves := make([]string, len(parts))
	for i, part := range parts {
		names, err := part.Segment.Column(search.NameColumn)
		if err != nil || names == nil {
			return false, fmt.Errorf("index: segment %d has no names: %w", chosen[i].id, err)
		}
		var list [][2]any
		for doc, n := range numbers[i] {
			if n >= 0 {
				list = append(list, [2]any{names.Text(doc), n})
			}
		}
		moves[i] = toJSON(list)
	}
	err = x.db.Update(ctx, func(tx *store.Tx) error { return replace(tx, k, scope, chosen, packed, moves) })
	if errors.Is(err, errNothing) {
		return false, nil // another server was here; there is a next time
	}
	return err == nil, wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("index: merge: %w", err)
	}
	return nil
}

// listSegments reads what is known of the segments without their columns.
func listSegments(tx *store.Tx, k *kind, scope aws.Scope) (list []*stored, err error) {
	rows, err := tx.Query("SELECT id, docs, live, dead FROM search_segment WHERE kind = $1 AND account = $2 AND region = $3 ORDER BY id", k.Kind, scope.Account, scope.Region)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		s := &stored{}
		if err := rows.Scan(&s.id, &s.docs, &s.live, &s.dead); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// load reads the columns.
func (s *stored) load(tx *store.Tx) error {
	s.packed.Docs = s.docs
	if err := tx.QueryRow("SELECT directory FROM search_segment WHERE id = $1", s.id).Scan(&s.packed.Directory); err != nil {
		return err
	}
	rows, err := tx.Query("SELECT data FROM search_chunk WHERE segment = $1 ORDER BY chunk", s.id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return err
		}
		s.packed.Chunks = append(s.packed.Chunks, data)
	}
	return rows.Err()
}

// replace puts the merged segment in the place of the old ones.
func replace(tx *store.Tx, k *kind, scope aws.Scope, old []*stored, packed *search.Packed, moves []string) error {
	now, err := listSegments(tx, k, scope)
	if err != nil {
		return err
	}
	for _, s := range old {
		same := slices.ContainsFunc(now, func(n *stored) bool { return n.id == s.id && bytes.Equal(n.dead, s.dead) })
		if !same {
			return errNothing
		}
		if err := removeSegment(tx, s.id); err != nil {
			return err
		}
	}
	id, err := insertSegment(tx, k, scope, packed, search.NewBits(packed.Docs))
	if err != nil {
		return err
	}
	for _, list := range moves {
		if err := move(tx, k, scope, list, id); err != nil {
			return err
		}
	}
	return nil
}
