package s3client

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sagebrush/sagebrush/blob"
)

// CreateUpload implements blob.Store.
func (s *Store) CreateUpload(ctx context.Context, bucket, key string, o blob.PutOptions, algorithm, kind string) (blob.Upload, error) {
	if err := blob.ValidKey(key); err != nil {
		return blob.Upload{}, err
	}
	h := o.Info.Headers
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key,
		ChecksumAlgorithm: types.ChecksumAlgorithm(algorithm), ChecksumType: types.ChecksumType(kind),
		ContentType: optional(o.Info.ContentType), Metadata: o.Info.Metadata, Tagging: optional(tagHeader(o.Info.Tags)),
		CacheControl: optional(h["Cache-Control"]), ContentDisposition: optional(h["Content-Disposition"]),
		ContentEncoding: optional(h["Content-Encoding"]), ContentLanguage: optional(h["Content-Language"]), Expires: expires(h),
		StorageClass:            types.StorageClass(h["X-Amz-Storage-Class"]),
		WebsiteRedirectLocation: optional(h["X-Amz-Website-Redirect-Location"]),
		ServerSideEncryption:    types.ServerSideEncryption(h["X-Amz-Server-Side-Encryption"]),
		SSEKMSKeyId:             optional(h["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"])})
	if err != nil {
		return blob.Upload{}, translate(err)
	}
	return blob.Upload{Key: key, ID: val(out.UploadId), InitiatedAt: time.Now(), ChecksumAlgorithm: string(out.ChecksumAlgorithm),
		ChecksumType: string(out.ChecksumType), Info: o.Info}, nil
}

// GetUpload implements blob.Store. What the upload's object will look like is
// not known.
func (s *Store) GetUpload(ctx context.Context, bucket, key, id string) (blob.Upload, error) {
	one := int32(1)
	out, err := s.client.ListParts(ctx, &s3.ListPartsInput{Bucket: &bucket, Key: &key, UploadId: &id, MaxParts: &one})
	if err != nil {
		return blob.Upload{}, translate(err)
	}
	return blob.Upload{Key: key, ID: id, ChecksumAlgorithm: string(out.ChecksumAlgorithm), ChecksumType: string(out.ChecksumType)}, nil
}

// PutPart implements blob.Store.
func (s *Store) PutPart(ctx context.Context, bucket, key, id string, number int, body io.Reader, o blob.PutOptions) (blob.Part, error) {
	if number < 1 || number > blob.MaxParts {
		return blob.Part{}, fmt.Errorf("%w: part numbers are 1 to %d", blob.ErrInvalidPart, blob.MaxParts)
	}
	p, err := s.spool(body, o)
	if err != nil {
		return blob.Part{}, err
	}
	defer p.Close()
	n := int32(number)
	out, err := s.client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: &id, PartNumber: &n, Body: p,
		ContentLength: &p.size, ContentMD5: p.contentMD5(), ChecksumCRC32: p.sum("CRC32"), ChecksumCRC32C: p.sum("CRC32C"),
		ChecksumCRC64NVME: p.sum("CRC64NVME"), ChecksumSHA1: p.sum("SHA1"), ChecksumSHA256: p.sum("SHA256")})
	if err != nil {
		return blob.Part{}, translate(err)
	}
	return blob.Part{Number: number, Size: p.size, ETag: unquote(val(out.ETag)), LastModified: time.Now(), Checksums: p.sums}, nil
}

// ListParts implements blob.Store.
func (s *Store) ListParts(ctx context.Context, bucket, key, id string, afterNumber, most int) ([]blob.Part, error) {
	var parts []blob.Part
	marker := strconv.Itoa(afterNumber)
	for {
		n := int32(min(most-len(parts), blob.MaxPageSize))
		out, err := s.client.ListParts(ctx, &s3.ListPartsInput{Bucket: &bucket, Key: &key, UploadId: &id, PartNumberMarker: &marker, MaxParts: &n})
		if err != nil {
			return nil, translate(err)
		}
		for _, p := range out.Parts {
			e := blob.Part{Number: int(*p.PartNumber), ETag: unquote(val(p.ETag)),
				Checksums: sums(p.ChecksumCRC32, p.ChecksumCRC32C, p.ChecksumCRC64NVME, p.ChecksumSHA1, p.ChecksumSHA256)}
			if p.Size != nil {
				e.Size = *p.Size
			}
			if p.LastModified != nil {
				e.LastModified = *p.LastModified
			}
			parts, marker = append(parts, e), strconv.Itoa(e.Number)
		}
		if out.IsTruncated == nil || !*out.IsTruncated || len(out.Parts) == 0 || len(parts) >= most {
			return parts, nil
		}
	}
}

// CompleteUpload implements blob.Store.
func (s *Store) CompleteUpload(ctx context.Context, bucket, key, id string, parts []blob.Part, o blob.PutOptions) (blob.Info, error) {
	done := &types.CompletedMultipartUpload{}
	for _, p := range parts {
		n := int32(p.Number)
		done.Parts = append(done.Parts, types.CompletedPart{PartNumber: &n, ETag: quoted(p.ETag), ChecksumCRC32: optional(p.Checksums["CRC32"]),
			ChecksumCRC32C: optional(p.Checksums["CRC32C"]), ChecksumCRC64NVME: optional(p.Checksums["CRC64NVME"]),
			ChecksumSHA1: optional(p.Checksums["SHA1"]), ChecksumSHA256: optional(p.Checksums["SHA256"])})
	}
	in := &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: &id, MultipartUpload: done,
		IfMatch: quoted(o.IfMatch), IfNoneMatch: quoted(o.IfNoneMatch), ChecksumCRC32: optional(o.Checksums["CRC32"]),
		ChecksumCRC32C: optional(o.Checksums["CRC32C"]), ChecksumCRC64NVME: optional(o.Checksums["CRC64NVME"]),
		ChecksumSHA1: optional(o.Checksums["SHA1"]), ChecksumSHA256: optional(o.Checksums["SHA256"])}
	if o.Size > 0 {
		in.MpuObjectSize = &o.Size
	}
	if _, err := s.client.CompleteMultipartUpload(ctx, in); err != nil {
		return blob.Info{}, translate(err)
	}
	return s.Head(ctx, bucket, key)
}

// AbortUpload implements blob.Store.
func (s *Store) AbortUpload(ctx context.Context, bucket, key, id string) error {
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: &id})
	return translate(err)
}

// ObjectParts implements blob.Store, with one request for each part.
func (s *Store) ObjectParts(ctx context.Context, bucket, key string) ([]blob.Part, error) {
	i, err := s.Head(ctx, bucket, key)
	if err != nil || i.Parts == 0 {
		return nil, err
	}
	parts := make([]blob.Part, 0, i.Parts)
	for n := int32(1); int(n) <= i.Parts; n++ {
		out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, PartNumber: &n, ChecksumMode: types.ChecksumModeEnabled, IfMatch: quoted(i.ETag)})
		if err != nil {
			return nil, translate(err)
		}
		p := headInfo(key, out)
		parts = append(parts, blob.Part{Number: int(n), Size: p.Size, Checksums: p.Checksums})
	}
	return parts, nil
}
