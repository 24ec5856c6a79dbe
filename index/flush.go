package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// scopes are the scopes in which records of a kind have changed.
func (x *Index) scopes(ctx context.Context, k *kind) (list []aws.Scope, err error) {
	err = x.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query("SELECT DISTINCT account, region FROM search_changed WHERE kind = $1", k.Kind)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s aws.Scope
			if err := rows.Scan(&s.Account, &s.Region); err != nil {
				return err
			}
			list = append(list, s)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("index: scopes: %w", err)
	}
	return list, nil
}

// batch is what is packed together.
type batch struct {
	// marks are all of it: [name, stamp] pairs.
	marks [][2]any
	// docs are those that are there, in the order of their segment.
	docs []search.Named
}

// errNothing takes back a transaction that found nothing to do.
var errNothing = errors.New("nothing is left to do")

// flush packs up to flushDocs changed records into a segment and answers how many
// it looked at. It reads in one transaction, works in none, and writes in another
// that takes only what is still as it was read: so it never holds up a writer,
// and servers that do the same at once take each record once.
func (x *Index) flush(ctx context.Context, k *kind, scope aws.Scope) (int, error) {
	b, err := x.read(ctx, k, scope)
	if err != nil || len(b.marks) == 0 {
		return 0, err
	}
	var packed *search.Packed
	if len(b.docs) > 0 {
		packed = search.Pack(b.docs)
	}
	err = x.db.Update(ctx, func(tx *store.Tx) error { return b.write(tx, k, scope, packed) })
	if err != nil && !errors.Is(err, errNothing) {
		return 0, fmt.Errorf("index: pack %s: %w", k.Kind, err)
	}
	return len(b.marks), nil
}

// read collects the batch.
func (x *Index) read(ctx context.Context, k *kind, scope aws.Scope) (*batch, error) {
	b := &batch{}
	err := x.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query("SELECT name, stamp FROM search_changed WHERE kind = $1 AND account = $2 AND region = $3 LIMIT $4",
			k.Kind, scope.Account, scope.Region, flushDocs)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var stamp int64
			if err := rows.Scan(&name, &stamp); err != nil {
				return err
			}
			b.marks = append(b.marks, [2]any{name, stamp})
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, m := range b.marks {
			name := m[0].(string)
			record, err := k.Record(tx, scope, name)
			if errors.Is(err, store.ErrNotFound) {
				continue
			} else if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			b.docs = append(b.docs, search.Named{Name: name, Doc: k.properties().Values(k.member(record))})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("index: read %s: %w", k.Kind, err)
	}
	return b, nil
}

// write strikes out the marks that are as they were read, and moves their records
// into the new segment.
func (b *batch) write(tx *store.Tx, k *kind, scope aws.Scope, packed *search.Packed) error {
	claimed, err := b.claim(tx, k, scope)
	if err != nil {
		return err
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range claimed {
			if !yield(name) {
				return
			}
		}
	})
	if err := bury(tx, k, scope, names); err != nil {
		return err
	}
	dead := search.NewBits(len(b.docs))
	var places [][2]any
	for i, d := range b.docs {
		if claimed[d.Name] {
			places = append(places, [2]any{d.Name, i})
			delete(claimed, d.Name)
		} else {
			dead.Set(i)
		}
	}
	if len(places) > 0 {
		id, err := insertSegment(tx, k, scope, packed, dead)
		if err != nil {
			return err
		}
		if err := move(tx, k, scope, toJSON(places), id); err != nil {
			return err
		}
	}
	if len(claimed) == 0 {
		return nil
	}
	gone := make([][1]any, 0, len(claimed))
	for name := range claimed {
		gone = append(gone, [1]any{name})
	}
	_, err = tx.Exec(`DELETE FROM search_doc WHERE kind = $1 AND account = $2 AND region = $3
		AND name IN (SELECT d.value ->> 0 FROM `+tx.Elements("$4")+` AS d)`, k.Kind, scope.Account, scope.Region, toJSON(gone))
	return err
}

// claim strikes out marks and answers the names.
func (b *batch) claim(tx *store.Tx, k *kind, scope aws.Scope) (map[string]bool, error) {
	rows, err := tx.Query(`DELETE FROM search_changed WHERE kind = $1 AND account = $2 AND region = $3
		AND (name, stamp) IN (SELECT d.value ->> 0, CAST(d.value ->> 1 AS bigint) FROM `+tx.Elements("$4")+` AS d) RETURNING name`,
		k.Kind, scope.Account, scope.Region, toJSON(b.marks))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	claimed := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		claimed[name] = true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(claimed) == 0 {
		return nil, errNothing
	}
	return claimed, nil
}

// bury marks records dead in the segments that they are in.
func bury(tx *store.Tx, k *kind, scope aws.Scope, names []string) error {
	list := make([][1]any, len(names))
	for i, name := range names {
		list[i] = [1]any{name}
	}
	rows, err := tx.Query(`SELECT segment, ordinal FROM search_doc WHERE kind = $1 AND account = $2 AND region = $3
		AND name IN (SELECT d.value ->> 0 FROM `+tx.Elements("$4")+` AS d)`, k.Kind, scope.Account, scope.Region, toJSON(list))
	if err != nil {
		return err
	}
	defer rows.Close()
	dead := map[int64][]int{}
	for rows.Next() {
		var id int64
		var ordinal int
		if err := rows.Scan(&id, &ordinal); err != nil {
			return err
		}
		dead[id] = append(dead[id], ordinal)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for id, ordinals := range dead {
		if err := buryIn(tx, id, ordinals); err != nil {
			return err
		}
	}
	return nil
}

// buryIn marks records of one segment dead, and removes it with its last.
func buryIn(tx *store.Tx, id int64, ordinals []int) error {
	var docs int
	var data []byte
	if err := tx.QueryRow("SELECT docs, dead FROM search_segment WHERE id = $1", id).Scan(&docs, &data); err != nil {
		return fmt.Errorf("segment %d: %w", id, err)
	}
	dead := search.BitsOf(data, docs)
	for _, i := range ordinals {
		dead.Set(i)
	}
	live := docs - dead.Count()
	if live == 0 {
		return removeSegment(tx, id)
	}
	_, err := tx.Exec("UPDATE search_segment SET dead = $1, live = $2 WHERE id = $3", dead.Bytes(), live, id)
	return err
}

// move says that records are in a segment now; places is the JSON of [name,
// ordinal] pairs. It is an insert also for records that are somewhere already,
// because SQLite walks through all rows for an UPDATE … FROM a list.
func move(tx *store.Tx, k *kind, scope aws.Scope, places string, segment int64) error {
	_, err := tx.Exec(`INSERT INTO search_doc (kind, account, region, name, segment, ordinal)
		SELECT $1, $2, $3, d.value ->> 0, CAST($5 AS bigint), CAST(d.value ->> 1 AS bigint) FROM `+tx.Elements("$4")+` AS d WHERE true
		ON CONFLICT (kind, account, region, name) DO UPDATE SET segment = excluded.segment, ordinal = excluded.ordinal`,
		k.Kind, scope.Account, scope.Region, places, segment)
	return err
}

// insertSegment stores a segment and answers its id.
func insertSegment(tx *store.Tx, k *kind, scope aws.Scope, p *search.Packed, dead search.Bits) (id int64, err error) {
	err = tx.QueryRow(`INSERT INTO search_segment (kind, account, region, docs, live, dead, directory) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		k.Kind, scope.Account, scope.Region, p.Docs, p.Docs-dead.Count(), dead.Bytes(), p.Directory).Scan(&id)
	for i, chunk := range p.Chunks {
		if err == nil {
			_, err = tx.Exec("INSERT INTO search_chunk (segment, chunk, data) VALUES ($1, $2, $3)", id, i, chunk)
		}
	}
	return id, err
}

func removeSegment(tx *store.Tx, id int64) error {
	if _, err := tx.Exec("DELETE FROM search_chunk WHERE segment = $1", id); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM search_segment WHERE id = $1", id)
	return err
}

// toJSON is a list of lists as the JSON that store.Tx.Elements takes apart.
func toJSON(list any) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts and integers always have JSON
	}
	return string(text)
}
