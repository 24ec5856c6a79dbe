package index

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// snapshot is what one transaction sees of a kind in a scope: records by columns,
// and those that changed since they were packed.
type snapshot struct {
	segments []*segment
	changed  []changedDoc
}

// changedDoc is a record as it is now; doc is nil when it is gone.
type changedDoc struct {
	name string
	doc  search.Doc
}

// segment reads columns in a transaction, and keeps them for others.
type segment struct {
	x  *Index
	tx *store.Tx
	id int64
	n  int
	// live are the records that are as they were packed.
	live search.Bits
	dir  *search.Directory
}

// look reads the snapshot of a scope.
func (x *Index) look(tx *store.Tx, k *kind, scope aws.Scope) (*snapshot, error) {
	s := &snapshot{}
	if err := x.segments(tx, k, scope, s); err != nil {
		return nil, fmt.Errorf("index: segments: %w", err)
	}
	if err := x.changes(tx, k, scope, s); err != nil {
		return nil, fmt.Errorf("index: changes: %w", err)
	}
	return s, nil
}

func (x *Index) segments(tx *store.Tx, k *kind, scope aws.Scope, s *snapshot) error {
	rows, err := tx.Query("SELECT id, docs, dead FROM search_segment WHERE kind = $1 AND account = $2 AND region = $3", k.Kind, scope.Account, scope.Region)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		g := &segment{x: x, tx: tx}
		var dead []byte
		if err := rows.Scan(&g.id, &g.n, &dead); err != nil {
			return err
		}
		g.live = search.AllBits(g.n)
		g.live.AndNot(search.BitsOf(dead, g.n))
		s.segments = append(s.segments, g)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, g := range s.segments {
		if err := g.open(); err != nil {
			return err
		}
	}
	return nil
}

// open reads the directory.
func (g *segment) open() error {
	if dir, ok := g.x.entries.get(g.id); ok {
		g.dir = dir
		return nil
	}
	var packed []byte
	err := g.tx.QueryRow("SELECT directory FROM search_segment WHERE id = $1", g.id).Scan(&packed)
	if err != nil {
		return err
	}
	if g.dir, err = g.x.unpack.Directory(packed); err != nil {
		return err
	}
	g.x.entries.put(g.id, g.dir, g.dir.Bytes())
	return nil
}

// changes looks at the records that changed, and takes them out of the segments.
func (x *Index) changes(tx *store.Tx, k *kind, scope aws.Scope, s *snapshot) error {
	rows, err := tx.Query(`SELECT c.name, c.stamp, coalesce(d.segment, 0), coalesce(d.ordinal, 0) FROM search_changed c
		LEFT JOIN search_doc d ON d.kind = c.kind AND d.account = c.account AND d.region = c.region AND d.name = c.name
		WHERE c.kind = $1 AND c.account = $2 AND c.region = $3`, k.Kind, scope.Account, scope.Region)
	if err != nil {
		return err
	}
	defer rows.Close()
	live := make(map[int64]search.Bits, len(s.segments))
	for _, g := range s.segments {
		live[g.id] = g.live
	}
	var stamps []int64
	for rows.Next() {
		var name string
		var stamp, id int64
		var ordinal int
		if err := rows.Scan(&name, &stamp, &id, &ordinal); err != nil {
			return err
		}
		if b := live[id]; b != nil {
			b.Clear(ordinal)
		}
		s.changed = append(s.changed, changedDoc{name: name})
		stamps = append(stamps, stamp)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i := range s.changed {
		c := &s.changed[i]
		if c.doc, err = x.recentDoc(tx, k, scope, c.name, stamps[i]); err != nil {
			return err
		}
	}
	return nil
}

// recentDoc is the record of that name as it is now, nil when it is gone. What a
// stamp stands for does not change, so it is remembered.
func (x *Index) recentDoc(tx *store.Tx, k *kind, scope aws.Scope, name string, stamp int64) (search.Doc, error) {
	key := recentKey{k.Kind, name, scope, stamp}
	if doc, ok := x.recent.get(key); ok {
		return doc, nil
	}
	record, err := k.Record(tx, scope, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	doc := k.flatten(record)
	x.recent.put(key, doc, doc.Bytes())
	return doc, nil
}

// Docs implements search.Segment.
func (g *segment) Docs() int { return g.n }

// Properties implements search.Segment.
func (g *segment) Properties() []string { return g.dir.Names }

// Column implements search.Segment.
func (g *segment) Column(property string) (*search.Column, error) {
	chunk, place, ok := g.dir.Find(property)
	if !ok {
		return nil, nil
	}
	key := columnKey{g.id, property}
	if c, ok := g.x.columns.get(key); ok {
		return c, nil
	}
	var data []byte
	err := g.tx.QueryRow("SELECT data FROM search_chunk WHERE segment = $1 AND chunk = $2", g.id, chunk).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("index: segment %d has no chunk %d", g.id, chunk)
	} else if err != nil {
		return nil, fmt.Errorf("index: read a column: %w", err)
	}
	c, err := g.x.unpack.Column(data, place, g.n)
	if err != nil {
		return nil, fmt.Errorf("index: segment %d, %q: %w", g.id, property, err)
	}
	g.x.columns.put(key, c, c.Bytes())
	return c, nil
}

// name is the name of a record.
func (g *segment) name(doc int) (string, error) {
	c, err := g.Column(search.NameColumn)
	if c == nil || err != nil {
		return "", err
	}
	return c.Text(doc), nil
}
