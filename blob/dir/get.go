package dir

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// openAttempts is how often Get follows an object that is being overwritten.
const openAttempts = 100

// load reads the row of an object, with content when wanted.
func (s *Store) load(ctx context.Context, bucket, key string, content bool) (*row, error) {
	columns := "'', NULL"
	if content {
		columns = "o.chunks, o.body"
	}
	r := &row{key: key}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var etag, sums, meta, tags, chunks sql.NullString
		var size, modified, parts sql.NullInt64
		err := tx.QueryRow(`SELECT o.size, o.etag, o.modified, o.parts, o.sums, o.meta, o.tags, `+columns+`
			FROM bucket b LEFT JOIN object o ON o.bucket = b.name AND o.key = $2 WHERE b.name = $1`, bucket, []byte(key)).
			Scan(&size, &etag, &modified, &parts, &sums, &meta, &tags, &chunks, &r.body)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return noBucket(bucket)
		case err == nil && !size.Valid:
			return noKey(key)
		}
		r.size, r.etag, r.modified, r.parts = size.Int64, etag.String, modified.Int64, parts.Int64
		r.sums, r.meta, r.tags, r.chunks = sums.String, meta.String, tags.String, chunks.String
		return err
	})
	return r, err
}

// Head implements blob.Store.
func (s *Store) Head(ctx context.Context, bucket, key string) (blob.Info, error) {
	r, err := s.load(ctx, bucket, key, false)
	if err != nil {
		return blob.Info{}, err
	}
	return r.info()
}

// ObjectParts implements blob.Store.
func (s *Store) ObjectParts(ctx context.Context, bucket, key string) ([]blob.Part, error) {
	r, err := s.load(ctx, bucket, key, true)
	if err != nil || r.parts == 0 {
		return nil, err
	}
	var parts []blob.Part
	for i, c := range readChunks(r.chunks) {
		p := blob.Part{Number: i + 1, Size: c.size}
		_, p.Checksums = readSums("- " + c.sum)
		parts = append(parts, p)
	}
	return parts, nil
}

// Get implements blob.Store. For the whole of an object in one file the reader
// is an *os.File; every reader is an io.WriterTo that ends in sendfile where the
// system can.
func (s *Store) Get(ctx context.Context, bucket, key string, want *blob.Range) (io.ReadCloser, blob.Info, error) {
	for range openAttempts {
		r, err := s.load(ctx, bucket, key, true)
		if err != nil {
			return nil, blob.Info{}, err
		}
		info, err := r.info()
		if err != nil {
			return nil, info, err
		}
		off, n, err := want.Resolve(r.size)
		if err != nil {
			return nil, info, err
		}
		rc, err := s.open(ctx, bucket, r, off, n)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errChanged) {
			continue // overwritten between the look at the index and the file
		}
		return rc, info, err
	}
	return nil, blob.Info{}, fmt.Errorf("object %s/%q: its content file is missing", bucket, key)
}

// errChanged says that the row is not what it was.
var errChanged = errors.New("the object changed")

// open gives n bytes from off of r's content.
func (s *Store) open(ctx context.Context, bucket string, r *row, off, n int64) (io.ReadCloser, error) {
	if r.chunks == "" {
		return inMemory(r.body[off : off+n]), nil
	}
	chunks := readChunks(r.chunks)
	if len(chunks) == 1 {
		f, err := os.Open(s.files.path(chunks[0].id))
		if err != nil || off == 0 && n == r.size {
			return f, err
		}
		if _, err := f.Seek(off, io.SeekStart); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return &section{f: f, rest: n}, nil
	}
	// Many files are opened one by one: pinned first, then held to be still
	// current, they stay until the reader is closed.
	s.files.pin(chunks)
	now, err := s.load(ctx, bucket, r.key, true)
	if err == nil && now.chunks != r.chunks {
		err = errChanged
	}
	if err != nil {
		s.files.unpin(chunks)
		return nil, err
	}
	return &joined{s: s, pinned: chunks, chunks: chunks, skip: off, rest: n}, nil
}
