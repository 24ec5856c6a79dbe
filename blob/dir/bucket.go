package dir

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// CreateBucket implements blob.Store.
func (s *Store) CreateBucket(ctx context.Context, b blob.Bucket) error {
	return s.update(ctx, func(c *change) error {
		res, err := c.Exec(`INSERT INTO bucket (name, account, region, created, tags)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING`,
			b.Name, b.Account, b.Region, store.Micros(c.Now), tagsOf(b.Tags))
		return oneRow(res, err, fmt.Errorf("%w: %s", blob.ErrBucketExists, b.Name))
	})
}

// oneRow answers none when the statement touched no row.
func oneRow(res sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return none
}

// GetBucket implements blob.Store.
func (s *Store) GetBucket(ctx context.Context, name string) (blob.Bucket, error) {
	list, err := s.buckets(ctx, "WHERE name = $1", name)
	if err != nil {
		return blob.Bucket{}, err
	}
	if len(list) == 0 {
		return blob.Bucket{}, noBucket(name)
	}
	return list[0], nil
}

// ListBuckets implements blob.Store.
func (s *Store) ListBuckets(ctx context.Context, account string) ([]blob.Bucket, error) {
	if account == "" {
		return s.buckets(ctx, "ORDER BY name")
	}
	return s.buckets(ctx, "WHERE account = $1 ORDER BY name", account)
}

func (s *Store) buckets(ctx context.Context, where string, args ...any) (list []blob.Bucket, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		list = nil
		rows, err := tx.Query("SELECT name, account, region, created, tags FROM bucket "+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var b blob.Bucket
			var created int64
			var tags string
			if err := rows.Scan(&b.Name, &b.Account, &b.Region, &created, &tags); err != nil {
				return err
			}
			b.CreatedAt = store.FromMicros(created)
			if b.Tags, err = readTags(tags); err != nil {
				return err
			}
			list = append(list, b)
		}
		return rows.Err()
	})
	return list, err
}

// SetBucketTags implements blob.Store.
func (s *Store) SetBucketTags(ctx context.Context, name string, tags map[string]string) error {
	return s.update(ctx, func(c *change) error {
		res, err := c.Exec("UPDATE bucket SET tags = $2 WHERE name = $1", name, tagsOf(tags))
		return oneRow(res, err, noBucket(name))
	})
}

// DeleteBucket implements blob.Store. Uploads that were never completed go with it.
func (s *Store) DeleteBucket(ctx context.Context, name string) error {
	err := s.update(ctx, func(c *change) error {
		var objects int
		err := c.QueryRow("SELECT count(*) FROM (SELECT 1 FROM object WHERE bucket = $1 LIMIT 1) o", name).Scan(&objects)
		if err != nil {
			return err
		}
		if objects > 0 {
			return fmt.Errorf("%w: %s", blob.ErrBucketNotEmpty, name)
		}
		if err := c.dropUploads("SELECT id FROM upload WHERE bucket = $1", name); err != nil {
			return err
		}
		res, err := c.Exec("DELETE FROM bucket WHERE name = $1", name)
		var pe *pgconn.PgError
		if errors.As(err, &pe) && pe.Code == "23503" { // an object or upload came meanwhile
			return fmt.Errorf("%w: %s", blob.ErrBucketNotEmpty, name)
		}
		return oneRow(res, err, noBucket(name))
	})
	return err
}
