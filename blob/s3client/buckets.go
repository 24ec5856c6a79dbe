package s3client

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// CreateBucket implements blob.Store.
func (s *Store) CreateBucket(ctx context.Context, b blob.Bucket) error {
	if b.Account != "" && b.Account != s.options.Account {
		return aws.Errorf(aws.AccessDeniedException,
			"All buckets are in an external S3 that belongs to the account %s; account %s cannot have any.", s.options.Account, b.Account)
	}
	s.forget(b.Name)
	// Creating one's own bucket again may succeed; here it must not.
	if _, err := s.readBucket(ctx, b.Name); err == nil {
		return fmt.Errorf("%w: %s", blob.ErrBucketExists, b.Name)
	}
	in := &s3.CreateBucketInput{Bucket: &b.Name}
	if b.Region != "" && b.Region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(b.Region)}
	}
	if _, err := s.client.CreateBucket(ctx, in); err != nil {
		return translate(err)
	}
	if len(b.Tags) > 0 {
		return s.SetBucketTags(ctx, b.Name, b.Tags)
	}
	return nil
}

// GetBucket implements blob.Store. The time of creation is not known.
func (s *Store) GetBucket(ctx context.Context, name string) (blob.Bucket, error) {
	return s.bucketOf(ctx, name)
}

// readBucket asks for a bucket's record.
func (s *Store) readBucket(ctx context.Context, name string) (blob.Bucket, error) {
	b := blob.Bucket{Name: name, Account: s.options.Account}
	h, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	if err := translate(err); errors.Is(err, blob.ErrNoSuchKey) {
		return b, noBucket(name)
	} else if err != nil {
		return b, err
	}
	if b.Region = s.options.Region; h.BucketRegion != nil {
		b.Region = *h.BucketRegion
	}
	t, err := s.client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
	var api smithy.APIError
	if errors.As(err, &api) && (api.ErrorCode() == "NoSuchTagSet" || api.ErrorCode() == "NotImplemented") {
		return b, nil
	}
	if err != nil {
		return b, translate(err)
	}
	b.Tags = tagMap(t.TagSet)
	return b, nil
}

func tagMap(set []types.Tag) map[string]string {
	if len(set) == 0 {
		return nil
	}
	m := map[string]string{}
	for _, t := range set {
		m[*t.Key] = *t.Value
	}
	return m
}

func tagSet(tags map[string]string) *types.Tagging {
	t := &types.Tagging{TagSet: []types.Tag{}}
	for k, v := range tags {
		t.TagSet = append(t.TagSet, types.Tag{Key: &k, Value: &v})
	}
	return t
}

// ListBuckets implements blob.Store.
func (s *Store) ListBuckets(ctx context.Context, account string) ([]blob.Bucket, error) {
	if account != "" && account != s.options.Account {
		return nil, nil
	}
	var list []blob.Bucket
	p := s3.NewListBucketsPaginator(s.client, &s3.ListBucketsInput{})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, translate(err)
		}
		for _, b := range page.Buckets {
			e := blob.Bucket{Name: *b.Name, Account: s.options.Account, Region: s.options.Region}
			if b.CreationDate != nil {
				e.CreatedAt = *b.CreationDate
			}
			if b.BucketRegion != nil {
				e.Region = *b.BucketRegion
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// SetBucketTags implements blob.Store.
func (s *Store) SetBucketTags(ctx context.Context, name string, tags map[string]string) error {
	defer s.forget(name)
	if len(tags) == 0 {
		_, err := s.client.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: &name})
		return translate(err)
	}
	_, err := s.client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: tagSet(tags)})
	return translate(err)
}

// DeleteBucket implements blob.Store.
func (s *Store) DeleteBucket(ctx context.Context, name string) error {
	defer s.forget(name)
	_, err := s.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
	return translate(err)
}
