package dir

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error) {
	if err := blob.ValidKey(key); err != nil {
		return blob.Info{}, err
	}
	if o.Size > blob.MaxPut {
		return blob.Info{}, fmt.Errorf("%w: %d bytes", blob.ErrTooLarge, o.Size)
	}
	got, err := s.receive(ctx, body, o, true)
	if err != nil {
		return blob.Info{}, err
	}
	r := &row{key: key, size: got.size, etag: got.etag, sums: sumsOf(checksum.FullObject, got.sums),
		meta: metaOf(o.Info), tags: tagsOf(o.Info.Tags), body: got.body}
	var fresh []string
	if got.id != "" {
		r.chunks, fresh = chunksOf([]chunk{{id: got.id, size: got.size}}), []string{got.id}
	}
	err = s.update(ctx, func(c *change) error {
		for _, id := range fresh {
			if err := c.own(id); err != nil {
				return err
			}
		}
		return c.write(bucket, r, o)
	}, fresh...)
	if err != nil {
		return blob.Info{}, err
	}
	return r.info()
}

// Delete implements blob.Store: all keys in one commit.
func (s *Store) Delete(ctx context.Context, bucket string, keys ...string) error {
	keys = slices.Clone(keys)
	slices.Sort(keys) // so that two batches never wait for each other
	return s.update(ctx, func(c *change) error {
		for _, key := range slices.Compact(keys) {
			if err := c.lock(bucket, key); err != nil {
				return err
			}
			_, old, found, err := c.current(bucket, key)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			if _, err := c.Exec("DELETE FROM object WHERE bucket = $1 AND key = $2", bucket, []byte(key)); err != nil {
				return err
			}
			if err := c.drop(readChunks(old)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetTags implements blob.Store.
func (s *Store) SetTags(ctx context.Context, bucket, key string, tags map[string]string) error {
	return s.update(ctx, func(c *change) error {
		if _, _, _, err := c.current(bucket, key); err != nil {
			return err
		}
		res, err := c.Exec("UPDATE object SET tags = $3 WHERE bucket = $1 AND key = $2", bucket, []byte(key), tagsOf(tags))
		return oneRow(res, err, noKey(key))
	})
}
