package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// Baseline implements endpoint.Baselines.
func (d modelData) Baseline(ctx context.Context, scope aws.Scope, uri string, limit int64) ([]byte, error) {
	bucket, key, err := blob.ParseURI(uri)
	if err != nil {
		return nil, aws.Invalid("The ShapBaselineUri: %s.", err)
	}
	missing := aws.Invalid("Could not find the ShapBaselineUri %s. Upload it first, or correct the URI.", uri)
	b, err := d.objects.GetBucket(ctx, bucket)
	switch {
	case errors.Is(err, blob.ErrNoSuchBucket) || err == nil && b.Account != scope.Account:
		return nil, missing
	case err != nil:
		return nil, err
	case !d.foreign && b.Region != scope.Region:
		return nil, aws.Invalid("The bucket %s of the ShapBaselineUri is in the region %s, and must be in that of the endpoint, %s.", bucket, b.Region, scope.Region)
	}
	object, info, err := d.objects.Get(ctx, bucket, key, nil)
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrInvalidKey) {
		return nil, missing
	} else if err != nil {
		return nil, err
	}
	defer object.Close()
	if info.Size > limit {
		return nil, aws.Invalid("The ShapBaselineUri %s has %d bytes, and %d are allowed. Take a sample of the records, or records that stand for many: each one makes explanations longer.", uri, info.Size, limit)
	}
	return io.ReadAll(object)
}

// Dump implements replica.Dumps.
func (d modelData) Dump(ctx context.Context, scope aws.Scope, uri string, content io.Reader, size int64) error {
	bucket, key, err := blob.ParseURI(uri)
	if err != nil {
		return err
	}
	b, err := d.objects.GetBucket(ctx, bucket)
	if err != nil {
		return err
	}
	if b.Account != scope.Account {
		return fmt.Errorf("the bucket %s belongs to another account", bucket)
	}
	_, err = d.objects.Put(ctx, bucket, key, content, blob.PutOptions{Size: size})
	return err
}
