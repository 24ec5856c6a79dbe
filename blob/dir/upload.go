package dir

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/oklog/ulid/v2"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
	"github.com/sagebrush/sagebrush/store"
)

// CreateUpload implements blob.Store.
func (s *Store) CreateUpload(ctx context.Context, bucket, key string, o blob.PutOptions, algorithm, kind string) (blob.Upload, error) {
	if err := blob.ValidKey(key); err != nil {
		return blob.Upload{}, err
	}
	if algorithm != "" && kind == "" {
		kind = checksum.DefaultType(algorithm)
	}
	u := blob.Upload{Key: key, ID: ulid.Make().String(), ChecksumAlgorithm: algorithm, ChecksumType: kind, Info: o.Info}
	u.Info.Key = key
	err := s.update(ctx, func(c *change) error {
		if err := hasBucket(c.Tx, bucket); err != nil {
			return err
		}
		u.InitiatedAt = c.Now
		_, err := c.Exec(`INSERT INTO upload (id, bucket, key, initiated, algorithm, sumtype, meta, tags)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			u.ID, bucket, []byte(key), store.Micros(c.Now), algorithm, kind, metaOf(o.Info), tagsOf(o.Info.Tags))
		return err
	})
	return u, err
}

// GetUpload implements blob.Store.
func (s *Store) GetUpload(ctx context.Context, bucket, key, id string) (u blob.Upload, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		u, err = getUpload(tx, bucket, key, id)
		return err
	})
	return u, err
}

const uploadColumns = "id, key, initiated, algorithm, sumtype, meta, tags"

// getUpload reads one upload; of another key or bucket it does not exist.
func getUpload(tx *store.Tx, bucket, key, id string) (blob.Upload, error) {
	u, err := scanUpload(tx.QueryRow("SELECT "+uploadColumns+" FROM upload WHERE id = $1 AND bucket = $2 AND key = $3",
		id, bucket, []byte(key)))
	if !errors.Is(err, sql.ErrNoRows) {
		return u, err
	}
	if err := hasBucket(tx, bucket); err != nil {
		return u, err
	}
	return u, fmt.Errorf("%w: %s", blob.ErrNoSuchUpload, id)
}

func scanUpload(r interface{ Scan(...any) error }) (u blob.Upload, err error) {
	var key []byte
	var at int64
	var m meta
	var rawMeta, tags string
	if err = r.Scan(&u.ID, &key, &at, &u.ChecksumAlgorithm, &u.ChecksumType, &rawMeta, &tags); err != nil {
		return u, err
	}
	if err = m.read(rawMeta); err != nil {
		return u, err
	}
	u.Key, u.InitiatedAt = string(key), store.FromMicros(at)
	u.Info = blob.Info{Key: u.Key, ContentType: m.ContentType, Headers: m.Headers, Metadata: m.Metadata}
	u.Info.Tags, err = readTags(tags)
	return u, err
}

// PutPart implements blob.Store. A part that is sent again replaces the first.
func (s *Store) PutPart(ctx context.Context, bucket, key, id string, number int, body io.Reader, o blob.PutOptions) (blob.Part, error) {
	if number < 1 || number > blob.MaxParts {
		return blob.Part{}, fmt.Errorf("%w: part numbers are 1 to %d", blob.ErrInvalidPart, blob.MaxParts)
	}
	if o.Size > blob.MaxPut {
		return blob.Part{}, fmt.Errorf("%w: %d bytes", blob.ErrTooLarge, o.Size)
	}
	if _, err := s.GetUpload(ctx, bucket, key, id); err != nil {
		return blob.Part{}, err // before the body is read
	}
	got, err := s.receive(ctx, body, o, false)
	if err != nil {
		return blob.Part{}, err
	}
	p := blob.Part{Number: number, Size: got.size, ETag: got.etag, Checksums: got.sums}
	err = s.update(ctx, func(c *change) error {
		if err := c.lock("", id); err != nil {
			return err
		}
		if _, err := getUpload(c.Tx, bucket, key, id); err != nil {
			return err
		}
		if err := c.own(got.id); err != nil {
			return err
		}
		if err := c.dropPart(id, number); err != nil {
			return err
		}
		p.LastModified = c.Now
		_, err := c.Exec("INSERT INTO upload_part (upload, number, size, etag, modified, sums, file) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			id, number, p.Size, p.ETag, store.Micros(c.Now), sumsOf("-", got.sums), got.id)
		return err
	}, got.id)
	if err != nil {
		return blob.Part{}, err
	}
	return p, nil
}

// dropPart forgets a part that was sent before, if there is one.
func (c *change) dropPart(id string, number int) error {
	var file string
	err := c.QueryRow("DELETE FROM upload_part WHERE upload = $1 AND number = $2 RETURNING file", id, number).Scan(&file)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.drop(chunk{id: file})
}

// AbortUpload implements blob.Store.
func (s *Store) AbortUpload(ctx context.Context, bucket, key, id string) error {
	return s.update(ctx, func(c *change) error {
		if err := c.lock("", id); err != nil {
			return err
		}
		if _, err := getUpload(c.Tx, bucket, key, id); err != nil {
			return err
		}
		return c.dropUploads("SELECT id FROM upload WHERE id = $1", id)
	})
}

// dropUploads forgets the uploads that a query names, with all their parts.
func (c *change) dropUploads(which string, arg any) error {
	files, err := c.strings("DELETE FROM upload_part WHERE upload IN ("+which+") RETURNING file", arg)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := c.drop(chunk{id: f}); err != nil {
			return err
		}
	}
	_, err = c.Exec("DELETE FROM upload WHERE id IN ("+which+")", arg)
	return err
}

// strings is the first column of a query.
func (c *change) strings(query string, args ...any) (list []string, err error) {
	rows, err := c.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
