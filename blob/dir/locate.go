package dir

import (
	"context"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// locateBatch is how many keys one query asks for; with it at most 8 MiB of
// small contents are read at a time.
const locateBatch = 256

// Locate implements blob.Locator.
func (s *Store) Locate(ctx context.Context, bucket string, keys []string, content bool) ([]blob.Located, error) {
	var out []blob.Located
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out = make([]blob.Located, len(keys))
		if err := hasBucket(tx, bucket); err != nil {
			return err
		}
		for from := 0; from < len(keys); from += locateBatch {
			to := min(from+locateBatch, len(keys))
			if err := s.locate(tx, bucket, keys[from:to], out[from:to], content); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// locate fills out for one batch of keys.
func (s *Store) locate(tx *store.Tx, bucket string, keys []string, out []blob.Located, content bool) error {
	at := make(map[string][]int, len(keys)) // a key may be asked for twice
	args := []any{bucket}
	var in strings.Builder
	for i, key := range keys {
		out[i] = blob.Located{Key: key, Missing: true}
		if at[key] = append(at[key], i); len(at[key]) > 1 {
			continue
		}
		if len(args) > 1 {
			in.WriteByte(',')
		}
		args = append(args, []byte(key))
		in.WriteString("$" + strconv.Itoa(len(args)))
	}
	columns := "'', NULL"
	if content {
		columns = "chunks, body"
	}
	rows, err := tx.Query("SELECT key, size, etag, "+columns+" FROM object WHERE bucket = $1 AND key IN ("+in.String()+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l blob.Located
		var key []byte
		var chunks string
		if err := rows.Scan(&key, &l.Size, &l.ETag, &chunks, &l.Body); err != nil {
			return err
		}
		l.Key = string(key)
		for _, c := range readChunks(chunks) {
			l.Files = append(l.Files, blob.File{Path: s.files.path(c.id), Size: c.size})
		}
		for _, i := range at[l.Key] {
			out[i] = l
		}
	}
	return rows.Err()
}
