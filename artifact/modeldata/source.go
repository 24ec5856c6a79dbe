package modeldata

import (
	"context"
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/blob"
)

// Source is where a model's data is, and in which form (DescModel-5).
type Source struct {
	// URI is s3://bucket/key.
	URI string
	// Prefix says that the URI is that of many objects, and ends with a slash; Gzip,
	// that it is one tar.gz. With neither it is one object as it is.
	Prefix, Gzip bool `json:",omitempty"`
}

// Request is model data for somebody.
type Request struct {
	Source
	// Account owns the bucket; Region is where it must be, "" for anywhere.
	Account, Region string
	// Limit is how many bytes the files may have together, 0 for as many as leave a
	// tenth of the free disk.
	Limit int64
}

// Error is a failure that the owner of the data can mend. Its text is a sentence,
// fit for a FailureReason.
type Error struct{ Reason string }

// Error implements error.
func (e *Error) Error() string { return e.Reason }

func failed(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// object is one object of the data.
type object struct {
	Key, ETag string
	Size      int64
	// Path below the directory; "" for an archive.
	Path string
}

// look finds the objects of a request, with their paths.
func look(ctx context.Context, objects blob.Store, r Request) (bucket string, list []object, err error) {
	bucket, key, err := blob.ParseURI(r.URI)
	if err != nil {
		return "", nil, failed("The model data cannot be used: %v.", err)
	}
	if err := owned(ctx, objects, bucket, r); err != nil {
		return "", nil, err
	}
	if !r.Prefix {
		info, err := objects.Head(ctx, bucket, key)
		if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrInvalidKey) {
			return "", nil, failed("There is no model data at %s. Upload it first, or correct the URI.", r.URI)
		} else if err != nil {
			return "", nil, err
		}
		list = []object{{Key: key, ETag: info.ETag, Size: info.Size}}
	} else if list, err = below(ctx, objects, bucket, key); err != nil {
		return "", nil, err
	} else if len(list) == 0 {
		return "", nil, failed("There is no model data below %s. Upload it first, or correct the URI.", r.URI)
	}
	if r.Gzip {
		return bucket, list, nil
	}
	prefix := key
	if !r.Prefix {
		prefix = keyDir(key)
	}
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = list[i].Key
	}
	paths, err := Paths(prefix, keys)
	if err != nil {
		return "", nil, err
	}
	for i := range list {
		list[i].Path = paths[i]
	}
	return bucket, list, nil
}

// owned refuses buckets of other accounts, which do not exist for this one, and
// of other regions.
func owned(ctx context.Context, objects blob.Store, bucket string, r Request) error {
	b, err := objects.GetBucket(ctx, bucket)
	switch {
	case errors.Is(err, blob.ErrNoSuchBucket) || err == nil && b.Account != r.Account:
		return failed("The bucket %q of the model data %s does not exist, or is not yours.", bucket, r.URI)
	case err != nil:
		return err
	case r.Region != "" && b.Region != r.Region:
		return failed("The bucket %q of the model data %s is in the region %s, and the data must be in the region of its model, %s.", bucket, r.URI, b.Region, r.Region)
	}
	return nil
}

// below lists all objects below a prefix.
func below(ctx context.Context, objects blob.Store, bucket, prefix string) (list []object, err error) {
	for after := ""; ; {
		page, err := objects.List(ctx, bucket, blob.ListOptions{Prefix: prefix, After: after, Max: blob.MaxPageSize})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			list = append(list, object{Key: o.Key, ETag: o.ETag, Size: o.Size})
		}
		if after = page.Next; after == "" {
			return list, nil
		}
	}
}
