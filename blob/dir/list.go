package dir

import (
	"context"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// List implements blob.Store.
func (s *Store) List(ctx context.Context, bucket string, o blob.ListOptions) (blob.Listing, error) {
	var l blob.Listing
	o.Max = pageSize(o.Max)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		l = blob.Listing{}
		if err := hasBucket(tx, bucket); err != nil {
			return err
		}
		rows, prefixes, next, err := walk(o, "", func(r *row) spot { return spot{key: r.key} },
			func(from spot, limit int) ([]row, error) { return listRows(tx, bucket, o.Prefix, from.key, limit) })
		if err != nil {
			return err
		}
		l.CommonPrefixes, l.Next = prefixes, next.key
		for i := range rows {
			info, err := rows[i].info()
			if err != nil {
				return err
			}
			l.Objects = append(l.Objects, info)
		}
		return nil
	})
	return l, err
}

func pageSize(n int) int {
	if n <= 0 || n > blob.MaxPageSize {
		return blob.MaxPageSize
	}
	return n
}

// hasBucket is nil when the bucket exists.
func hasBucket(tx *store.Tx, name string) error {
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM bucket WHERE name = $1", name).Scan(&n); err != nil || n > 0 {
		return err
	}
	return noBucket(name)
}

// within is the condition and arguments for keys from a key on that begin with
// prefix; from >= prefix always.
func within(prefix, from string, args []any) (string, []any) {
	args = append(args, []byte(from))
	if end := blob.Successor(prefix); end != "" {
		return "key >= $2 AND key < $4", append(args, nil, []byte(end))
	}
	return "key >= $2", append(args, nil)
}

// listRows reads what a listing shows of up to limit objects.
func listRows(tx *store.Tx, bucket, prefix, from string, limit int) (list []row, err error) {
	where, args := within(prefix, from, []any{bucket})
	args[2] = limit
	rows, err := tx.Query("SELECT key, size, etag, modified, parts, sums FROM object WHERE bucket = $1 AND "+where+
		" ORDER BY key LIMIT $3", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var key []byte
		if err := rows.Scan(&key, &r.size, &r.etag, &r.modified, &r.parts, &r.sums); err != nil {
			return nil, err
		}
		r.key = string(key)
		list = append(list, r)
	}
	return list, rows.Err()
}
