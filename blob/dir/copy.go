package dir

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// Copy implements blob.Store. The copy shares the source's content files, so it
// costs no more than its row; content is read only for what is not known of it
// yet: a wanted checksum, or the MD5 of what was uploaded in parts.
func (s *Store) Copy(ctx context.Context, srcBucket, srcKey, bucket, key string, o blob.PutOptions, replaceMetadata, replaceTags bool) (blob.Info, error) {
	if err := blob.ValidKey(key); err != nil {
		return blob.Info{}, err
	}
	for range openAttempts {
		src, err := s.load(ctx, srcBucket, srcKey, true)
		if err != nil {
			return blob.Info{}, err
		}
		if o.SourceETag != "" && o.SourceETag != src.etag {
			return blob.Info{}, fmt.Errorf("%w: the source's ETag is %s", blob.ErrPreconditionFailed, src.etag)
		}
		dst := *src
		dst.key, dst.parts = key, 0
		if err := s.describe(ctx, srcBucket, src, &dst, o); err != nil {
			if errors.Is(err, errChanged) || errors.Is(err, os.ErrNotExist) {
				continue
			}
			return blob.Info{}, err
		}
		if replaceMetadata {
			dst.meta = metaOf(o.Info)
		}
		if replaceTags {
			dst.tags = tagsOf(o.Info.Tags)
		}
		err = s.update(ctx, func(c *change) error {
			ok, err := c.share(dst.chunks)
			if err == nil && !ok {
				err = errChanged
			}
			if err != nil {
				return err
			}
			return c.write(bucket, &dst, o)
		})
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return blob.Info{}, err
		}
		return dst.info()
	}
	return blob.Info{}, fmt.Errorf("object %s/%q kept changing", srcBucket, srcKey)
}

// describe fills in the ETag and the checksums of a copy. Like S3 it makes one
// part of many.
func (s *Store) describe(ctx context.Context, bucket string, src, dst *row, o blob.PutOptions) error {
	kind, sums := readSums(src.sums)
	known := src.parts == 0
	wanted := map[string]string{}
	for name := range sums {
		wanted[name] = ""
	}
	if len(o.Checksums) > 0 {
		wanted = o.Checksums
	}
	have := map[string]string{}
	for name := range wanted {
		if have[name] = sums[name]; have[name] == "" || kind != checksum.FullObject {
			known = false
		}
	}
	if known {
		dst.sums = sumsOf(checksum.FullObject, have)
		return nil
	}
	rc, err := s.open(ctx, bucket, src, 0, src.size)
	if err != nil {
		return err
	}
	defer rc.Close()
	d := newDigest(wanted)
	if _, err := io.Copy(digestWriter{d}, rc); err != nil {
		return err
	}
	dst.etag = hex.EncodeToString(d.md5.Sum(nil))
	got, err := d.checkSums(blob.PutOptions{Checksums: o.Checksums})
	dst.sums = sumsOf(checksum.FullObject, got)
	return err
}

// digestWriter is a digest as an io.Writer.
type digestWriter struct{ *digest }

// Write implements io.Writer.
func (d digestWriter) Write(p []byte) (int, error) {
	d.write(p)
	return len(p), nil
}

// Localize implements blob.Localizer. Content in files is cloned or copied inside
// the kernel where the file system can.
func (s *Store) Localize(ctx context.Context, bucket, key, dst string) (info blob.Info, err error) {
	rc, info, err := s.Get(ctx, bucket, key, nil)
	if err != nil {
		return info, err
	}
	defer rc.Close()
	f, err := os.Create(dst)
	if err != nil {
		return info, diskError(err)
	}
	n, err := io.Copy(f, rc)
	if err = errors.Join(err, f.Close()); err == nil && n != info.Size {
		err = fmt.Errorf("object %s/%q: %d of %d bytes: %w", bucket, key, n, info.Size, io.ErrUnexpectedEOF)
	}
	if err != nil {
		err = diskError(errors.Join(err, os.Remove(dst)))
	}
	return info, err
}
