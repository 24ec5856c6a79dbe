package dir

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// commitTimeout bounds a commit, which must not end half way with the request.
const commitTimeout = time.Minute

// change is a transaction on the index that remembers which content files lose
// their last reference in it.
type change struct {
	*store.Tx
	dropped []string
}

// update runs fn and, after the commit, has the files removed that it dropped. The
// fresh files are those that fn enters into the index; when it does not come to
// that they are removed. fn may run several times.
func (s *Store) update(ctx context.Context, fn func(c *change) error, fresh ...string) error {
	// A client that hangs up now must not leave us in doubt about the outcome.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	var refused bool
	var dropped []string
	err := s.db.UpdateGuarded(ctx, func(tx *store.Tx) error {
		c := &change{Tx: tx}
		err := fn(c)
		refused, dropped = err != nil, c.dropped
		return err
	})
	if err == nil {
		for _, id := range fresh {
			s.files.keep(id)
		}
		if len(dropped) > 0 { // unlinking a large file takes longer than the commit
			go s.files.remove(dropped...)
		}
		return nil
	}
	for _, id := range fresh {
		// On SQLite an error means that nothing was written. A lost connection to
		// PostgreSQL leaves the commit in doubt: then the next start decides.
		if refused || s.db.Dialect() == "sqlite" {
			s.files.discard(id)
		} else {
			s.files.keep(id)
		}
	}
	return indexError(err)
}

// indexError names the errors of the index: a full disk, and a bucket that
// vanished between its check and the commit.
func indexError(err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "23503" { // foreign_key_violation
		return fmt.Errorf("%w: it was deleted meanwhile", blob.ErrNoSuchBucket)
	}
	return diskError(err)
}

// lock makes changes of one key take turns until the end of the transaction. On
// SQLite they do anyway.
func (c *change) lock(bucket, key string) error {
	if c.Dialect() != "postgres" {
		return nil
	}
	h := fnv.New64a()
	h.Write([]byte(bucket + "/" + key))
	_, err := c.Exec("SELECT pg_advisory_xact_lock($1)", int64(h.Sum64()))
	return err
}

// current is what stands under bucket and key: the ETag and the content, with
// found false when there is no object. Without the bucket it is ErrNoSuchBucket.
func (c *change) current(bucket, key string) (etag, chunks string, found bool, err error) {
	var e, ch sql.NullString
	err = c.QueryRow(`SELECT o.etag, o.chunks FROM bucket b
		LEFT JOIN object o ON o.bucket = b.name AND o.key = $2 WHERE b.name = $1`, bucket, []byte(key)).Scan(&e, &ch)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", false, noBucket(bucket)
	}
	return e.String, ch.String, e.Valid, err
}

// own enters a fresh content file with its first reference.
func (c *change) own(id string) error {
	_, err := c.Exec("INSERT INTO content (id, refs) VALUES ($1, 1)", id)
	return err
}

// share adds a reference to each content file; ok is false when one is gone.
func (c *change) share(chunks string) (ok bool, err error) {
	for _, ch := range readChunks(chunks) {
		res, err := c.Exec("UPDATE content SET refs = refs + 1 WHERE id = $1", ch.id)
		if err != nil {
			return false, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return false, err
		}
	}
	return true, nil
}

// drop takes one reference from each content file.
func (c *change) drop(chunks ...chunk) error {
	for _, ch := range chunks {
		res, err := c.Exec("DELETE FROM content WHERE id = $1 AND refs = 1", ch.id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n > 0 {
			c.dropped = append(c.dropped, ch.id)
			continue
		}
		if _, err := c.Exec("UPDATE content SET refs = refs - 1 WHERE id = $1 AND refs > 1", ch.id); err != nil {
			return err
		}
	}
	return nil
}

// write puts r under bucket, replacing what stands there, if o's conditions hold.
func (c *change) write(bucket string, r *row, o blob.PutOptions) error {
	if err := c.lock(bucket, r.key); err != nil {
		return err
	}
	etag, old, found, err := c.current(bucket, r.key)
	if err != nil {
		return err
	}
	if err := checkConditions(o, r.key, etag, found); err != nil {
		return err
	}
	r.modified = store.Micros(c.Now)
	var body any
	if r.chunks == "" {
		body = r.body
	}
	_, err = c.Exec(`INSERT INTO object (bucket, key, size, etag, modified, parts, sums, meta, tags, chunks, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (bucket, key) DO UPDATE SET size = excluded.size, etag = excluded.etag, modified = excluded.modified,
			parts = excluded.parts, sums = excluded.sums, meta = excluded.meta, tags = excluded.tags,
			chunks = excluded.chunks, body = excluded.body`,
		bucket, []byte(r.key), r.size, r.etag, r.modified, r.parts, r.sums, r.meta, r.tags, r.chunks, body)
	if err != nil {
		return err
	}
	return c.drop(readChunks(old)...)
}

// checkConditions decides If-None-Match and If-Match against what stands there.
func checkConditions(o blob.PutOptions, key, etag string, found bool) error {
	if o.IfNoneMatch != "" && found && (o.IfNoneMatch == "*" || o.IfNoneMatch == etag) {
		return fmt.Errorf("%w: %q exists", blob.ErrPreconditionFailed, key)
	}
	if o.IfMatch != "" && !found {
		return noKey(key)
	}
	if o.IfMatch != "" && o.IfMatch != "*" && o.IfMatch != etag {
		return fmt.Errorf("%w: the ETag is %s", blob.ErrPreconditionFailed, etag)
	}
	return nil
}

func noBucket(name string) error { return fmt.Errorf("%w: %s", blob.ErrNoSuchBucket, name) }
func noKey(key string) error     { return fmt.Errorf("%w: %q", blob.ErrNoSuchKey, key) }
