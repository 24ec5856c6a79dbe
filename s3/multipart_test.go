package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const partSize = 5 << 20

// upload sends two parts and completes.
func (s *server) upload(t *testing.T, bucket, key string, algorithm types.ChecksumAlgorithm, kind types.ChecksumType, one, two []byte) *awss3.CompleteMultipartUploadOutput {
	t.Helper()
	c, ctx := s.client(accountKey), t.Context()
	u, err := c.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key, ChecksumAlgorithm: algorithm, ChecksumType: kind,
		ContentType: ptr("x/parts"), Metadata: map[string]string{"a": "b"}, ServerSideEncryption: "AES256", Tagging: ptr("t=1")})
	if err != nil || u.ChecksumAlgorithm != algorithm || u.ServerSideEncryption != "AES256" {
		t.Fatalf("%+v, %v", u, err)
	}
	var parts []types.CompletedPart
	for i, content := range [][]byte{one, two} {
		n := int32(i + 1)
		p, err := c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: u.UploadId, PartNumber: &n, Body: bytes.NewReader(content), ChecksumAlgorithm: algorithm})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: &n, ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32, ChecksumCRC32C: p.ChecksumCRC32C,
			ChecksumCRC64NVME: p.ChecksumCRC64NVME, ChecksumSHA1: p.ChecksumSHA1, ChecksumSHA256: p.ChecksumSHA256})
	}
	out, err := c.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: u.UploadId, ChecksumType: kind,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, MpuObjectSize: ptr(int64(len(one) + len(two)))})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "multi")
	one, two := filler(partSize), []byte("the end")
	whole := slices.Concat(one, two)
	out := s.upload(t, "multi", "k", "CRC32", "", one, two)
	a, b := md5.Sum(one), md5.Sum(two)
	both := md5.Sum(slices.Concat(a[:], b[:]))
	if *out.ETag != `"`+hex.EncodeToString(both[:])+`-2"` || *out.Bucket != "multi" || *out.Key != "k" || !strings.HasSuffix(*out.ChecksumCRC32, "-2") || out.ChecksumType != "COMPOSITE" || !strings.HasSuffix(*out.Location, "/multi/k") {
		t.Errorf("%+v", out)
	}
	got, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("multi"), Key: ptr("k"), ChecksumMode: "ENABLED"})
	if err != nil || *got.ETag != *out.ETag || *got.ContentType != "x/parts" || got.Metadata["a"] != "b" || *got.TagCount != 1 || *got.ChecksumCRC32 != *out.ChecksumCRC32 || got.ServerSideEncryption != "AES256" {
		t.Fatalf("%+v, %v", got, err)
	}
	if read(t, got.Body) != string(whole) {
		t.Error("other content")
	}
	for n, want := range [][]byte{one, two} {
		p, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("multi"), Key: ptr("k"), PartNumber: ptr(int32(n + 1)), ChecksumMode: "ENABLED"})
		if err != nil || *p.PartsCount != 2 || *p.ContentLength != int64(len(want)) || read(t, p.Body) != string(want) || strings.Contains(*p.ChecksumCRC32, "-") {
			t.Errorf("part %d: %+v, %v", n+1, p, err)
		}
	}
	_, err = c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("multi"), Key: ptr("k"), PartNumber: ptr(int32(3))})
	wantCode(t, "part 3", err, "InvalidPartNumber")
	r, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("multi"), Key: ptr("k"), Range: ptr("bytes=5242870-5242889")})
	if err != nil || read(t, r.Body) != string(whole[5242870:]) {
		t.Errorf("range: %+v, %v", r, err)
	}
	attr, err := c.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: ptr("multi"), Key: ptr("k"),
		ObjectAttributes: []types.ObjectAttributes{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}})
	if err != nil || `"`+*attr.ETag+`"` != *out.ETag || *attr.ObjectSize != int64(len(whole)) || attr.StorageClass != "STANDARD" || *attr.Checksum.ChecksumCRC32 != *out.ChecksumCRC32 ||
		*attr.ObjectParts.TotalPartsCount != 2 || len(attr.ObjectParts.Parts) != 2 || *attr.ObjectParts.Parts[1].Size != int64(len(two)) {
		t.Errorf("attributes: %+v, %v", attr, err)
	}
	full := s.upload(t, "multi", "full", "CRC64NVME", "FULL_OBJECT", one, two)
	if full.ChecksumType != "FULL_OBJECT" || strings.Contains(*full.ChecksumCRC64NVME, "-") {
		t.Errorf("%+v", full)
	}
	copied, err := c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("multi"), Key: ptr("copy"), CopySource: ptr("multi/k")})
	sum := md5.Sum(whole)
	if err != nil || *copied.CopyObjectResult.ETag != `"`+hex.EncodeToString(sum[:])+`"` || s.get(t, "multi", "copy") != string(whole) {
		t.Errorf("copy: %+v, %v", copied, err)
	}
}

func TestMultipartListsAndErrors(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "multi")
	start := func(key string) *string {
		u, err := c.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("multi"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		return u.UploadId
	}
	id := start("k")
	var done []types.CompletedPart
	for n := int32(1); n <= 3; n++ {
		p, err := c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: id, PartNumber: &n, Body: strings.NewReader("small")})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, types.CompletedPart{PartNumber: ptr(n), ETag: p.ETag})
	}
	l, err := c.ListParts(ctx, &awss3.ListPartsInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: id, MaxParts: ptr(int32(2))})
	if err != nil || len(l.Parts) != 2 || !*l.IsTruncated || *l.NextPartNumberMarker != "2" || *l.Parts[0].Size != 5 {
		t.Fatalf("%+v, %v", l, err)
	}
	if l, err = c.ListParts(ctx, &awss3.ListPartsInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: id, PartNumberMarker: l.NextPartNumberMarker}); err != nil || len(l.Parts) != 1 || *l.IsTruncated {
		t.Fatalf("%+v, %v", l, err)
	}
	complete := func(parts ...types.CompletedPart) error {
		_, err := c.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
		return err
	}
	wantCode(t, "small parts", complete(done...), "EntityTooSmall")
	wantCode(t, "order", complete(done[1], done[0]), "InvalidPartOrder")
	wantCode(t, "missing", complete(types.CompletedPart{PartNumber: ptr(int32(9)), ETag: ptr("x")}), "InvalidPart")
	_, err = c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: id, PartNumber: ptr(int32(10001)), Body: strings.NewReader("x")})
	wantCode(t, "part 10001", err, "InvalidArgument")
	_, err = c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: ptr("none"), PartNumber: ptr(int32(1)), Body: strings.NewReader("x")})
	wantCode(t, "no upload", err, "NoSuchUpload")
	second := start("k")
	start("dir/x")
	ups, err := c.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("multi"), MaxUploads: ptr(int32(1)), Prefix: ptr("k")})
	if err != nil || len(ups.Uploads) != 1 || !*ups.IsTruncated {
		t.Fatalf("%+v, %v", ups, err)
	}
	ups, err = c.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("multi"), Prefix: ptr("k"), KeyMarker: ups.NextKeyMarker, UploadIdMarker: ups.NextUploadIdMarker})
	if err != nil || len(ups.Uploads) != 1 || *ups.Uploads[0].UploadId != *second || *ups.IsTruncated {
		t.Fatalf("%+v, %v", ups, err)
	}
	ups, err = c.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("multi"), Delimiter: ptr("/")})
	if err != nil || len(ups.Uploads) != 2 || len(ups.CommonPrefixes) != 1 {
		t.Fatalf("%+v, %v", ups, err)
	}
	if _, err := c.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: ptr("multi"), Key: ptr("k"), UploadId: id}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "aborted", complete(done[0]), "NoSuchUpload")
	for _, c := range [][2]string{{"SHA256", "FULL_OBJECT"}, {"CRC64NVME", "COMPOSITE"}} {
		_, err := s.client(accountKey).CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("multi"), Key: ptr("k"), ChecksumAlgorithm: types.ChecksumAlgorithm(c[0]), ChecksumType: types.ChecksumType(c[1])})
		wantCode(t, c[0], err, "InvalidRequest")
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "from")
	s.bucket(t, "into")
	src, err := c.PutObject(ctx, &awss3.PutObjectInput{Bucket: ptr("from"), Key: ptr("a b+é"), Body: strings.NewReader("content"), ContentType: ptr("x/src"),
		Metadata: map[string]string{"m": "1"}, Tagging: ptr("t=1"), CacheControl: ptr("no-cache"), StorageClass: "GLACIER_IR"})
	if err != nil {
		t.Fatal(err)
	}
	source := ptr("from/a%20b%2B%C3%A9")
	out, err := c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("into"), Key: ptr("k"), CopySource: source, ServerSideEncryption: "AES256"})
	if err != nil || *out.CopyObjectResult.ETag != *src.ETag || out.CopyObjectResult.LastModified == nil || out.ServerSideEncryption != "AES256" {
		t.Fatalf("%+v, %v", out, err)
	}
	h, err := c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: ptr("into"), Key: ptr("k")})
	if err != nil || *h.ContentType != "x/src" || h.Metadata["m"] != "1" || *h.CacheControl != "no-cache" || h.StorageClass != "" || h.ServerSideEncryption != "AES256" {
		t.Errorf("copied: %+v, %v", h, err)
	}
	_, err = c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("into"), Key: ptr("k"), CopySource: source, MetadataDirective: "REPLACE", TaggingDirective: "REPLACE",
		ContentType: ptr("x/new"), Metadata: map[string]string{"n": "2"}, Tagging: ptr("u=2"), ChecksumAlgorithm: "SHA256"})
	if err != nil {
		t.Fatal(err)
	}
	h, err = c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: ptr("into"), Key: ptr("k"), ChecksumMode: "ENABLED"})
	if err != nil || *h.ContentType != "x/new" || len(h.Metadata) != 1 || h.CacheControl != nil || h.ChecksumSHA256 == nil {
		t.Errorf("replaced: %+v, %v", h, err)
	}
	tags, err := c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("into"), Key: ptr("k")})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Key != "u" {
		t.Errorf("tags: %+v, %v", tags, err)
	}
	for name, f := range map[string]struct {
		change func(*awss3.CopyObjectInput)
		want   string
	}{
		"itself":        {func(in *awss3.CopyObjectInput) { in.CopySource = ptr("/into/k") }, "InvalidRequest"},
		"none":          {func(in *awss3.CopyObjectInput) { in.CopySource = ptr("from/none") }, "NoSuchKey"},
		"no bucket":     {func(in *awss3.CopyObjectInput) { in.CopySource = ptr("nothing/k") }, "NoSuchBucket"},
		"no key":        {func(in *awss3.CopyObjectInput) { in.CopySource = ptr("from") }, "InvalidArgument"},
		"version":       {func(in *awss3.CopyObjectInput) { in.CopySource = ptr("from/k?versionId=7") }, "InvalidArgument"},
		"if-match":      {func(in *awss3.CopyObjectInput) { in.CopySourceIfMatch = ptr(`"x"`) }, "PreconditionFailed"},
		"if-none-match": {func(in *awss3.CopyObjectInput) { in.CopySourceIfNoneMatch = src.ETag }, "PreconditionFailed"},
		"if-match ok":   {func(in *awss3.CopyObjectInput) { in.CopySourceIfMatch = src.ETag }, ""},
		"not over":      {func(in *awss3.CopyObjectInput) { in.IfNoneMatch = ptr("*") }, "PreconditionFailed"},
		"owner":         {func(in *awss3.CopyObjectInput) { in.ExpectedSourceBucketOwner = ptr(other) }, "AccessDenied"},
	} {
		in := &awss3.CopyObjectInput{Bucket: ptr("into"), Key: ptr("k"), CopySource: source}
		f.change(in)
		_, err := c.CopyObject(ctx, in)
		wantCode(t, name, err, f.want)
	}

	big := filler(partSize + 100)
	s.put(t, "from", "big", string(big))
	u, err := c.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("into"), Key: ptr("joined"), ChecksumAlgorithm: "CRC32"})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for n, rng := range []*string{nil, ptr("bytes=0-2")} {
		p, err := c.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{Bucket: ptr("into"), Key: ptr("joined"), UploadId: u.UploadId, PartNumber: ptr(int32(n + 1)), CopySource: ptr("from/big"), CopySourceRange: rng})
		if err != nil || p.CopyPartResult.ChecksumCRC32 == nil {
			t.Fatalf("%+v, %v", p, err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: ptr(int32(n + 1)), ETag: p.CopyPartResult.ETag, ChecksumCRC32: p.CopyPartResult.ChecksumCRC32})
	}
	for _, rng := range []string{"bytes=0-99999999", "bytes=5", "0-3"} {
		_, err := c.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{Bucket: ptr("into"), Key: ptr("joined"), UploadId: u.UploadId, PartNumber: ptr(int32(3)), CopySource: ptr("from/big"), CopySourceRange: &rng})
		wantCode(t, rng, err, "InvalidArgument")
	}
	if _, err := c.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: ptr("into"), Key: ptr("joined"), UploadId: u.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, "into", "joined"); got != string(big)+string(big[:3]) {
		t.Errorf("%d bytes", len(got))
	}
}
