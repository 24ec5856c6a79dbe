package s3client

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sagebrush/sagebrush/blob"
)

// List implements blob.Store. Keys travel URL-encoded, because XML cannot hold
// all of them.
func (s *Store) List(ctx context.Context, bucket string, o blob.ListOptions) (blob.Listing, error) {
	n := pageSize(o.Max)
	out, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: optional(o.Prefix), Delimiter: optional(o.Delimiter),
		StartAfter: optional(behind(o)), MaxKeys: &n, EncodingType: types.EncodingTypeUrl})
	if err != nil {
		return blob.Listing{}, translate(err)
	}
	var l blob.Listing
	last := ""
	for _, e := range out.Contents {
		i := blob.Info{Key: decode(e.Key), ETag: unquote(val(e.ETag)), ChecksumType: string(e.ChecksumType)}
		if e.Size != nil {
			i.Size = *e.Size
		}
		if e.LastModified != nil {
			i.LastModified = *e.LastModified
		}
		for _, a := range e.ChecksumAlgorithm {
			if i.Checksums == nil {
				i.Checksums = map[string]string{}
			}
			i.Checksums[string(a)] = ""
		}
		last = max(last, i.Key)
		l.Objects = append(l.Objects, i)
	}
	for _, p := range out.CommonPrefixes {
		l.CommonPrefixes = append(l.CommonPrefixes, decode(p.Prefix))
		last = max(last, decode(p.Prefix))
	}
	if out.IsTruncated != nil && *out.IsTruncated {
		l.Next = last
	}
	return l, nil
}

// behind is After, moved behind the common prefix that it lies in: whether a
// store shows that prefix again differs.
func behind(o blob.ListOptions) string {
	if common, ok := blob.CommonPrefix(o.After, o.Prefix, o.Delimiter); ok {
		return common + "\U0010ffff"
	}
	return o.After
}

func pageSize(n int) int32 {
	if n <= 0 || n > blob.MaxPageSize {
		n = blob.MaxPageSize
	}
	return int32(n)
}

// decode undoes encoding-type=url.
func decode(s *string) string {
	if d, err := url.QueryUnescape(val(s)); err == nil {
		return d
	}
	return val(s)
}

// ListUploads implements blob.Store.
func (s *Store) ListUploads(ctx context.Context, bucket string, o blob.UploadListOptions) (blob.UploadListing, error) {
	n := pageSize(o.Max)
	out, err := s.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &bucket, Prefix: optional(o.Prefix), Delimiter: optional(o.Delimiter),
		KeyMarker: optional(behind(o.ListOptions)), UploadIdMarker: optional(o.AfterID), MaxUploads: &n, EncodingType: types.EncodingTypeUrl})
	if err != nil {
		return blob.UploadListing{}, translate(err)
	}
	var l blob.UploadListing
	for _, e := range out.Uploads {
		u := blob.Upload{Key: decode(e.Key), ID: val(e.UploadId), ChecksumAlgorithm: string(e.ChecksumAlgorithm), ChecksumType: string(e.ChecksumType)}
		if e.Initiated != nil {
			u.InitiatedAt = *e.Initiated
		}
		l.Uploads = append(l.Uploads, u)
	}
	for _, p := range out.CommonPrefixes {
		l.CommonPrefixes = append(l.CommonPrefixes, decode(p.Prefix))
	}
	if out.IsTruncated != nil && *out.IsTruncated {
		l.Next, l.NextID = decode(out.NextKeyMarker), val(out.NextUploadIdMarker)
	}
	return l, nil
}
