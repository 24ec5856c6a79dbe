package index

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/sagebrush/sagebrush/store"
)

// format is the version of what segments hold. Count it up whenever packing or
// flattening changes, or a Record function shows more than before: then all
// resources are packed anew.
const format = 1

// adopt marks the resources of kinds that the index does not hold in this format,
// so that queries see them at once and the worker packs them.
func (x *Index) adopt(ctx context.Context) error {
	held := map[string]int64{}
	err := x.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query("SELECT kind, format FROM search_kind")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind string
			var version int64
			if err := rows.Scan(&kind, &version); err != nil {
				return err
			}
			held[kind] = version
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	for _, k := range x.kinds {
		if held[k.Kind] == format {
			continue
		}
		if err := x.db.Update(ctx, func(tx *store.Tx) error { return begin(tx, k.Kind) }); err != nil {
			return fmt.Errorf("index: adopt %s: %w", k.Kind, err)
		}
		x.changed()
	}
	x.changed() // what an earlier server left
	return nil
}

// Forget makes the next server that has an index begin anew. A server that has
// none calls it before it changes anything, because it marks nothing.
func Forget(ctx context.Context, db *store.DB) error {
	return db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM search_kind")
		return err
	})
}

// begin forgets what is known of a kind and marks all of it.
func begin(tx *store.Tx, kind string) error {
	for _, text := range []string{
		"DELETE FROM search_chunk WHERE segment IN (SELECT id FROM search_segment WHERE kind = $1)",
		"DELETE FROM search_segment WHERE kind = $1",
		"DELETE FROM search_doc WHERE kind = $1",
		"DELETE FROM search_kind WHERE kind = $1",
	} {
		if _, err := tx.Exec(text, kind); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO search_changed (kind, account, region, name, stamp)
		SELECT kind, account, region, name, CAST($2 AS bigint) FROM resource WHERE kind = $1
		ON CONFLICT (kind, account, region, name) DO UPDATE SET stamp = excluded.stamp`, kind, rand.Int64())
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO search_kind (kind, format) VALUES ($1, $2)", kind, format)
	return err
}
