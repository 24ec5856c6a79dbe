package model

import (
	"context"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// findData refuses model data that is not there. What a multi-model container
// serves is not looked for: its models may be added at any time, the first one
// included. What a model package names is looked for when it is served: a
// registry may describe what comes later.
func (s *Service) findData(ctx context.Context, scope aws.Scope, in *sagemaker.CreateModelInput) error {
	for _, definition := range containers(in) {
		if definition.ModelPackageName != nil {
			continue
		}
		c := plain(definition)
		if c.Data == nil {
			continue
		}
		bucket, key, err := blob.ParseURI(c.Data.URI)
		if err != nil {
			return aws.Invalid("The model data: %s.", err)
		}
		if c.MultiModel {
			continue
		}
		found, err := s.holds(ctx, scope, bucket, key)
		if err != nil {
			return err
		}
		if !found {
			return aws.Invalid("Could not find model data at %s. Upload it first, or correct the URI.", c.Data.URI)
		}
	}
	return nil
}

// holds says whether a bucket of the caller's has the object, or objects under
// the prefix, which ends with a slash.
func (s *Service) holds(ctx context.Context, scope aws.Scope, bucket, key string) (bool, error) {
	b, err := s.Objects.GetBucket(ctx, bucket)
	if errors.Is(err, blob.ErrNoSuchBucket) || err == nil && b.Account != scope.Account {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if strings.HasSuffix(key, "/") {
		page, err := s.Objects.List(ctx, bucket, blob.ListOptions{Prefix: key, Max: 1})
		return len(page.Objects) > 0, err
	}
	_, err = s.Objects.Head(ctx, bucket, key)
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrInvalidKey) {
		return false, nil
	}
	return err == nil, err
}
