package s3client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sagebrush/sagebrush/blob"
)

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error) {
	if err := blob.ValidKey(key); err != nil {
		return blob.Info{}, err
	}
	p, err := s.spool(body, o)
	if err != nil {
		return blob.Info{}, err
	}
	defer p.Close()
	h := o.Info.Headers
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: p, ContentLength: &p.size, ContentMD5: p.contentMD5(),
		IfMatch: quoted(o.IfMatch), IfNoneMatch: quoted(o.IfNoneMatch),
		ContentType: optional(o.Info.ContentType), Metadata: o.Info.Metadata, Tagging: optional(tagHeader(o.Info.Tags)),
		CacheControl: optional(h["Cache-Control"]), ContentDisposition: optional(h["Content-Disposition"]),
		ContentEncoding: optional(h["Content-Encoding"]), ContentLanguage: optional(h["Content-Language"]),
		StorageClass:            types.StorageClass(h["X-Amz-Storage-Class"]),
		WebsiteRedirectLocation: optional(h["X-Amz-Website-Redirect-Location"]),
		ServerSideEncryption:    types.ServerSideEncryption(h["X-Amz-Server-Side-Encryption"]),
		SSEKMSKeyId:             optional(h["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"]),
		ChecksumCRC32:           p.sum("CRC32"), ChecksumCRC32C: p.sum("CRC32C"), ChecksumCRC64NVME: p.sum("CRC64NVME"),
		ChecksumSHA1: p.sum("SHA1"), ChecksumSHA256: p.sum("SHA256"), Expires: expires(h)}
	out, err := s.client.PutObject(ctx, in)
	if err != nil {
		return blob.Info{}, translate(err)
	}
	i := o.Info
	i.Key, i.Size, i.ETag = key, p.size, p.etag()
	if out.ETag != nil { // another one when the store encrypts
		i.ETag = unquote(*out.ETag)
	}
	if i.Checksums = p.sums; len(p.sums) > 0 {
		i.ChecksumType = "FULL_OBJECT"
	}
	return i, nil
}

// tagHeader is a tag set as x-amz-tagging wants it.
func tagHeader(tags map[string]string) string {
	v := url.Values{}
	for k, t := range tags {
		v.Set(k, t)
	}
	return v.Encode()
}

// Get implements blob.Store.
func (s *Store) Get(ctx context.Context, bucket, key string, r *blob.Range) (io.ReadCloser, blob.Info, error) {
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key, Range: rangeHeader(r), ChecksumMode: types.ChecksumModeEnabled}
	if r != nil && r.Offset >= 0 && r.Length == 0 {
		in.Range = rangeHeader(&blob.Range{Offset: r.Offset, Length: 1})
	}
	out, err := s.client.GetObject(ctx, in)
	if err := translate(err); errors.Is(err, blob.ErrInvalidRange) {
		i, headErr := s.Head(ctx, bucket, key)
		return nil, i, errors.Join(err, headErr)
	} else if err != nil {
		return nil, blob.Info{}, err
	}
	i := getInfo(key, out)
	if i.Tags, err = s.tags(ctx, bucket, key, out.TagCount); err != nil {
		return nil, i, errors.Join(err, out.Body.Close())
	}
	return out.Body, i, nil
}

// rangeHeader is r as HTTP writes it.
func rangeHeader(r *blob.Range) *string {
	var s string
	switch {
	case r == nil:
		return nil
	case r.Offset < 0:
		s = "bytes=" + strconv.FormatInt(r.Offset, 10)
	case r.Length < 0:
		s = fmt.Sprintf("bytes=%d-", r.Offset)
	default:
		s = fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1)
	}
	return &s
}

// Head implements blob.Store.
func (s *Store) Head(ctx context.Context, bucket, key string) (blob.Info, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return blob.Info{}, translate(err)
	}
	i := headInfo(key, out)
	i.Tags, err = s.tags(ctx, bucket, key, out.TagCount)
	return i, err
}

// tags reads the tags of an object that has some.
func (s *Store) tags(ctx context.Context, bucket, key string, count *int32) (map[string]string, error) {
	if count == nil || *count == 0 {
		return nil, nil
	}
	out, err := s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, translate(err)
	}
	return tagMap(out.TagSet), nil
}

// SetTags implements blob.Store.
func (s *Store) SetTags(ctx context.Context, bucket, key string, tags map[string]string) error {
	if len(tags) == 0 {
		if _, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key}); err != nil {
			return translate(err)
		}
		_, err := s.client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &bucket, Key: &key})
		return translate(err)
	}
	_, err := s.client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: &bucket, Key: &key, Tagging: tagSet(tags)})
	return translate(err)
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, bucket string, keys ...string) error {
	var batch []types.ObjectIdentifier
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		quiet := true
		out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: batch, Quiet: &quiet},
			ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
		if err != nil {
			return translate(err)
		}
		if len(out.Errors) > 0 {
			e := out.Errors[0]
			return fmt.Errorf("external S3: delete %q and %d more: %s: %s", val(e.Key), len(out.Errors)-1, val(e.Code), val(e.Message))
		}
		batch = batch[:0]
		return nil
	}
	for _, key := range keys {
		if len(keys) == 1 || strings.ContainsFunc(key, notXML) {
			if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
				return translate(err)
			}
			continue
		}
		if batch = append(batch, types.ObjectIdentifier{Key: &key}); len(batch) == blob.MaxPageSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// notXML tells runes that do not survive an XML document.
func notXML(r rune) bool { return r < 0x20 || r == 0xfffe || r == 0xffff }

func val(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Copy implements blob.Store.
func (s *Store) Copy(ctx context.Context, srcBucket, srcKey, bucket, key string, o blob.PutOptions, replaceMetadata, replaceTags bool) (blob.Info, error) {
	source := srcBucket + "/" + strings.ReplaceAll(url.QueryEscape(srcKey), "+", "%20")
	h := o.Info.Headers
	in := &s3.CopyObjectInput{Bucket: &bucket, Key: &key, CopySource: &source, CopySourceIfMatch: quoted(o.SourceETag),
		IfMatch: quoted(o.IfMatch), IfNoneMatch: quoted(o.IfNoneMatch), MetadataDirective: types.MetadataDirectiveCopy, TaggingDirective: types.TaggingDirectiveCopy}
	for name := range o.Checksums {
		in.ChecksumAlgorithm = types.ChecksumAlgorithm(name)
	}
	if replaceMetadata {
		in.MetadataDirective, in.ContentType, in.Metadata = types.MetadataDirectiveReplace, optional(o.Info.ContentType), o.Info.Metadata
		in.CacheControl, in.ContentDisposition = optional(h["Cache-Control"]), optional(h["Content-Disposition"])
		in.ContentEncoding, in.ContentLanguage = optional(h["Content-Encoding"]), optional(h["Content-Language"])
		in.StorageClass = types.StorageClass(h["X-Amz-Storage-Class"])
		in.WebsiteRedirectLocation = optional(h["X-Amz-Website-Redirect-Location"])
		in.ServerSideEncryption = types.ServerSideEncryption(h["X-Amz-Server-Side-Encryption"])
		in.SSEKMSKeyId, in.Expires = optional(h["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"]), expires(h)
	}
	if replaceTags {
		in.TaggingDirective, in.Tagging = types.TaggingDirectiveReplace, optional(tagHeader(o.Info.Tags))
	}
	if _, err := s.client.CopyObject(ctx, in); err != nil {
		return blob.Info{}, translate(err)
	}
	return s.Head(ctx, bucket, key)
}
