package dir

import (
	"context"
	"fmt"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// ListParts implements blob.Store.
func (s *Store) ListParts(ctx context.Context, bucket, key, id string, afterNumber, most int) (parts []blob.Part, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := getUpload(tx, bucket, key, id); err != nil {
			return err
		}
		stored, err := partsOf(tx, id, afterNumber, most)
		parts = nil
		for _, p := range stored {
			parts = append(parts, p.Part)
		}
		return err
	})
	return parts, err
}

// storedPart is a part with its content file.
type storedPart struct {
	blob.Part
	file string
}

// partsOf reads up to most parts with numbers above after, in order.
func partsOf(tx *store.Tx, id string, after, most int) (parts []storedPart, err error) {
	rows, err := tx.Query(`SELECT number, size, etag, modified, sums, file FROM upload_part
		WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3`, id, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p storedPart
		var at int64
		var sums string
		if err := rows.Scan(&p.Number, &p.Size, &p.ETag, &at, &sums, &p.file); err != nil {
			return nil, err
		}
		p.LastModified = store.FromMicros(at)
		_, p.Checksums = readSums(sums)
		parts = append(parts, p)
	}
	return parts, rows.Err()
}

// ListUploads implements blob.Store.
func (s *Store) ListUploads(ctx context.Context, bucket string, o blob.UploadListOptions) (l blob.UploadListing, err error) {
	o.Max = pageSize(o.Max)
	err = s.db.View(ctx, func(tx *store.Tx) error {
		if err := hasBucket(tx, bucket); err != nil {
			return err
		}
		uploads, prefixes, next, err := walk(o.ListOptions, o.AfterID,
			func(u *blob.Upload) spot { return spot{u.Key, u.ID} },
			func(from spot, limit int) ([]blob.Upload, error) {
				return uploadRows(tx, bucket, o.Prefix, from, limit)
			})
		l = blob.UploadListing{Uploads: uploads, CommonPrefixes: prefixes, Next: next.key, NextID: next.id}
		return err
	})
	return l, err
}

func uploadRows(tx *store.Tx, bucket, prefix string, from spot, limit int) (list []blob.Upload, err error) {
	where, args := within(prefix, from.key, []any{bucket})
	args[2] = limit
	args = append(args, from.id)
	where += fmt.Sprintf(" AND (key > $2 OR id > $%d)", len(args))
	rows, err := tx.Query("SELECT "+uploadColumns+" FROM upload WHERE bucket = $1 AND "+where+" ORDER BY key, id LIMIT $3", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		u, err := scanUpload(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}
