package channel

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// parallelHeads bounds how many objects of an external S3 are asked for at once.
const parallelHeads = 16

// object is one object of a channel.
type object struct {
	Bucket, Key, ETag string
	// Size in bytes.
	Size int64
	// Modified is when it was written, in Unix seconds, 0 when unknown.
	Modified int64
	// Name is the path below the channel's directory.
	Name string
}

func (o *object) uri() string { return "s3://" + o.Bucket + "/" + o.Key }

// owned is nil when a job of that account and region, "" for any, may read the
// bucket (Data-10). Buckets of other accounts do not exist for it.
func (m *Manager) owned(ctx context.Context, scope aws.Scope, bucket string) error {
	b, err := m.Objects.GetBucket(ctx, bucket)
	if err == nil && b.Account != scope.Account {
		err = blob.ErrNoSuchBucket
	}
	switch {
	case errors.Is(err, blob.ErrNoSuchBucket):
		return failed("the bucket %q does not exist, or is not yours", bucket)
	case err != nil:
		return err
	case scope.Region != "" && b.Region != scope.Region:
		return failed("the bucket %q is in the region %s, and data must be in the job's own region, %s", bucket, b.Region, scope.Region)
	}
	return nil
}

// objects lists what an S3Prefix or a ManifestFile names (TrainData-6), in order.
func (m *Manager) objects(ctx context.Context, scope aws.Scope, c *Channel) ([]object, error) {
	bucket, key, err := blob.ParseURI(c.URI)
	if err != nil {
		return nil, failed("the S3Uri %v", err)
	}
	if err := m.owned(ctx, scope, bucket); err != nil {
		return nil, err
	}
	if c.Type == S3Prefix {
		return m.list(ctx, bucket, key, 0)
	}
	list, err := m.manifest(ctx, scope, c.URI)
	if err != nil {
		return nil, err
	}
	return list, m.measure(ctx, list)
}

// list is every object whose key begins with the prefix but the empty ones that
// stand for folders; with most > 0 it ends once it has found that many.
func (m *Manager) list(ctx context.Context, bucket, prefix string, most int) ([]object, error) {
	var list []object
	for after := ""; ; {
		page, err := m.Objects.List(ctx, bucket, blob.ListOptions{Prefix: prefix, After: after, Max: blob.MaxPageSize})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			if !isFolder(o.Key, o.Size) {
				list = append(list, object{Bucket: bucket, Key: o.Key, ETag: o.ETag, Size: o.Size,
					Modified: o.LastModified.Unix(), Name: localName(o.Key, prefix)})
			}
		}
		if after = page.Next; after == "" || most > 0 && len(list) >= most {
			return list, nil
		}
	}
}

// manifest reads a ManifestFile; sizes and ETags are still missing.
func (m *Manager) manifest(ctx context.Context, scope aws.Scope, uri string) ([]object, error) {
	body, err := m.open(ctx, uri)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var suffixes []string
	prefix, err := parseManifest(body, func(suffix string) error {
		suffixes = append(suffixes, suffix)
		return nil
	})
	if err != nil {
		return nil, inManifest(uri, err)
	}
	bucket, begin, err := blob.ParseURI(prefix)
	if err != nil {
		return nil, err // parseManifest has accepted it
	}
	if err := m.owned(ctx, scope, bucket); err != nil {
		return nil, err
	}
	list := make([]object, 0, len(suffixes))
	for i, suffix := range suffixes {
		o := object{Bucket: bucket, Key: begin + suffix, Name: localName(begin+suffix, begin)}
		if blob.ValidKey(o.Key) != nil {
			return nil, failed("the manifest %s has an element %d that is no object's key: %q", uri, i+2, suffix)
		}
		list = append(list, o)
	}
	return list, nil
}

// open reads the object of a manifest.
func (m *Manager) open(ctx context.Context, uri string) (io.ReadCloser, error) {
	bucket, key, err := splitObject(uri)
	if err != nil {
		return nil, failed("the S3Uri %q of a manifest: %v", uri, err)
	}
	body, _, err := m.Objects.Get(ctx, bucket, key, nil)
	if errors.Is(err, blob.ErrNoSuchKey) {
		return nil, failed("the manifest %s does not exist", uri)
	}
	return body, err
}

// inManifest names the manifest in the parser's error.
func inManifest(uri string, err error) error {
	var read *readError
	var mine *Error
	if err == nil || errors.As(err, &read) || errors.As(err, &mine) {
		return err
	}
	return failed("the manifest %s %v", uri, err)
}

// measure fills in size and ETag of objects that a manifest names, all in one
// bucket.
func (m *Manager) measure(ctx context.Context, list []object) error {
	if m.locator != nil {
		return m.located(ctx, list, false, func(o *object, l *blob.Located) error {
			o.Size, o.ETag = l.Size, l.ETag
			return nil
		})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelHeads)
	for i := range list {
		g.Go(func() error {
			info, err := m.Objects.Head(ctx, list[i].Bucket, list[i].Key)
			list[i].Size, list[i].ETag = info.Size, info.ETag
			return missing(&list[i], err)
		})
	}
	return g.Wait()
}

// missing explains an object that a manifest names in vain.
func missing(o *object, err error) error {
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrNoSuchBucket) {
		return failed("the manifest names the object %s, which does not exist", o.uri())
	}
	return err
}

// locateBatch is how many objects are located at a time.
const locateBatch = 128

// located calls fn with what the store knows of each object, in order. Objects
// with an ETag must still have it.
func (m *Manager) located(ctx context.Context, list []object, content bool, fn func(*object, *blob.Located) error) error {
	keys := make([]string, 0, locateBatch)
	for from := 0; from < len(list); {
		keys = keys[:0]
		to := from
		for ; to < len(list) && len(keys) < locateBatch && list[to].Bucket == list[from].Bucket; to++ {
			keys = append(keys, list[to].Key)
		}
		found, err := m.locator.Locate(ctx, list[from].Bucket, keys, content)
		if err != nil {
			return vanished(&list[from], err)
		}
		for i := range found {
			o := &list[from+i]
			switch {
			case found[i].Missing && o.ETag == "":
				return missing(o, blob.ErrNoSuchKey)
			case found[i].Missing:
				return vanished(o, blob.ErrNoSuchKey)
			case o.ETag != "" && o.ETag != found[i].ETag:
				return changed(o)
			}
			if err := fn(o, &found[i]); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}
