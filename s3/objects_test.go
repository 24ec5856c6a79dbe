package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestObjectRoundTrip(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "things")
	put, err := c.PutObject(ctx, &awss3.PutObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt"), Body: strings.NewReader("hello world"),
		ContentType: ptr("text/plain; charset=utf-8"), CacheControl: ptr("max-age=3"), ContentDisposition: ptr("inline"), ContentEncoding: ptr("gzip"),
		ContentLanguage: ptr("de"), Metadata: map[string]string{"Key": "Value", "x-y": "1"}, Tagging: ptr("a=1&b=zwei%20drei"),
		ServerSideEncryption: "aws:kms", SSEKMSKeyId: ptr("alias/k"), StorageClass: "STANDARD_IA", ACL: "bucket-owner-full-control", ExpectedBucketOwner: ptr(account)})
	if err != nil || *put.ETag != `"5eb63bbbe01eeed093cb22bb8f5acdc3"` || put.ServerSideEncryption != "aws:kms" || *put.SSEKMSKeyId != "alias/k" || put.ChecksumCRC32 == nil {
		t.Fatalf("put: %+v, %v", put, err)
	}
	got, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt"), ChecksumMode: "ENABLED"})
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, got.Body); body != "hello world" || *got.ContentLength != 11 || *got.ContentType != "text/plain; charset=utf-8" ||
		*got.CacheControl != "max-age=3" || *got.ContentDisposition != "inline" || *got.ContentEncoding != "gzip" || *got.ContentLanguage != "de" ||
		!maps.Equal(got.Metadata, map[string]string{"key": "Value", "x-y": "1"}) || *got.TagCount != 2 || got.StorageClass != "STANDARD_IA" ||
		got.ServerSideEncryption != "aws:kms" || *got.ETag != *put.ETag || *got.AcceptRanges != "bytes" || *got.ChecksumCRC32 != *put.ChecksumCRC32 ||
		time.Since(*got.LastModified) > time.Minute {
		t.Errorf("get: %q %+v", body, got)
	}
	head, err := c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt"), ChecksumMode: "ENABLED"})
	if err != nil || *head.ContentLength != 11 || *head.ETag != *put.ETag || head.Metadata["key"] != "Value" || *head.ChecksumCRC32 != *put.ChecksumCRC32 {
		t.Errorf("head: %+v, %v", head, err)
	}
	over, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt"), ResponseContentType: ptr("x/y"), ResponseCacheControl: ptr("no-store")})
	if err != nil || *over.ContentType != "x/y" || *over.CacheControl != "no-store" {
		t.Errorf("overrides: %+v, %v", over, err)
	}
	tags, err := c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt")})
	if err != nil || len(tags.TagSet) != 2 || *tags.TagSet[1].Value != "zwei drei" {
		t.Errorf("tags: %+v, %v", tags, err)
	}
	if _, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt")})
	wantCode(t, "get deleted", err, "NoSuchKey")
	_, err = c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt")})
	wantCode(t, "head deleted", err, "NotFound")
	if _, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("things"), Key: ptr("a/b c+d&é.txt")}); err != nil {
		t.Error("deleting nothing failed", err)
	}
	_, err = c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("nothing"), Key: ptr("k")})
	wantCode(t, "no bucket", err, "NoSuchBucket")
}

// TestUploadForms: every way in which the SDK sends a body arrives.
func TestUploadForms(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		s := setup(t, secure)
		c, ctx := s.client(accountKey), t.Context()
		s.bucket(t, "forms")
		for _, size := range []int{0, 1, 70000, 3 << 20} {
			content := filler(size)
			for _, algorithm := range []types.ChecksumAlgorithm{"", "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
				in := &awss3.PutObjectInput{Bucket: ptr("forms"), Key: ptr("k"), ChecksumAlgorithm: algorithm, Body: bytes.NewReader(content)}
				if secure && size > 0 { // sent as aws-chunked with a trailing checksum
					in.Body, in.ContentLength = stream{bytes.NewReader(content)}, ptr(int64(size))
				}
				if _, err := c.PutObject(ctx, in); err != nil {
					t.Fatalf("TLS %v, %s, %d bytes: %v", secure, algorithm, size, err)
				}
				got, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("forms"), Key: ptr("k"), ChecksumMode: "ENABLED"})
				if err != nil || read(t, got.Body) != string(content) {
					t.Fatalf("TLS %v, %s, %d bytes: %v", secure, algorithm, size, err)
				}
				sums := map[types.ChecksumAlgorithm]*string{"CRC32": got.ChecksumCRC32, "CRC32C": got.ChecksumCRC32C, "CRC64NVME": got.ChecksumCRC64NVME, "SHA1": got.ChecksumSHA1, "SHA256": got.ChecksumSHA256}
				if algorithm != "" && (sums[algorithm] == nil || got.ChecksumType != "FULL_OBJECT") {
					t.Errorf("TLS %v, %s: not stored: %+v", secure, algorithm, got)
				}
			}
		}
	}
}

func TestDigestsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "digests")
	sum := md5.Sum([]byte("other"))
	for _, c := range []struct {
		header map[string]string
		want   string
	}{
		{map[string]string{"Content-MD5": base64.StdEncoding.EncodeToString(sum[:])}, "BadDigest"},
		{map[string]string{"Content-MD5": "bm9uZQ=="}, "InvalidDigest"},
		{map[string]string{"Content-MD5": "?"}, "InvalidDigest"},
		{map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}, "BadDigest"},
		{map[string]string{"X-Amz-Checksum-Crc32": "AAAA"}, "InvalidRequest"},
		{map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA==", "X-Amz-Checksum-Crc32c": "AAAAAA=="}, "InvalidRequest"},
		{map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "CRC32"}, "InvalidRequest"},
		{map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "MD4"}, "InvalidRequest"},
		{map[string]string{"X-Amz-Server-Side-Encryption": "rot13"}, "InvalidArgument"},
		{map[string]string{"X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256"}, "NotImplemented"},
		{map[string]string{"X-Amz-Storage-Class": "FAST"}, "InvalidStorageClass"},
		{map[string]string{"X-Amz-Acl": "public-read"}, "AccessControlListNotSupported"},
		{map[string]string{"X-Amz-Grant-Read": "id=1"}, "AccessControlListNotSupported"},
		{map[string]string{"X-Amz-Tagging": "a=1&a=2"}, "InvalidTag"},
		{map[string]string{"X-Amz-Meta-Big": strings.Repeat("x", 2100)}, "MetadataTooLarge"},
		{map[string]string{"X-Amz-Expected-Bucket-Owner": other}, "AccessDenied"},
		{map[string]string{"If-None-Match": "\"x\""}, "NotImplemented"},
	} {
		_, body := s.do(t, raw{method: "PUT", target: "/digests/k", body: "hello", header: c.header, key: accountKey})
		if !strings.Contains(body, "<Code>"+c.want+"</Code>") {
			t.Errorf("%v: %s", c.header, body)
		}
	}
	res, _ := s.do(t, raw{method: "HEAD", target: "/digests/k", key: accountKey})
	if res.StatusCode != 404 {
		t.Errorf("a refused upload left an object: %d", res.StatusCode)
	}
}

func TestRangesAndConditions(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "ranges")
	s.put(t, "ranges", "k", "0123456789")
	s.put(t, "ranges", "big", string(filler(200<<10)))
	res, _ := s.do(t, raw{method: "HEAD", target: "/ranges/k", key: accountKey})
	tag, at := res.Header.Get("Etag"), res.Header.Get("Last-Modified")
	const early, late = "Mon, 01 Jan 2001 00:00:00 GMT", "Mon, 01 Jan 2120 00:00:00 GMT"
	h := func(kv ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	for _, c := range []struct {
		header map[string]string
		status int
		body   string // "-" for any
		ranges string
	}{
		{h("Range", "bytes=2-4"), 206, "234", "bytes 2-4/10"},
		{h("Range", "bytes=2-"), 206, "23456789", "bytes 2-9/10"},
		{h("Range", "bytes=-3"), 206, "789", "bytes 7-9/10"},
		{h("Range", "bytes=-30"), 206, "0123456789", "bytes 0-9/10"},
		{h("Range", "bytes=8-99999999999999999999999"), 206, "89", "bytes 8-9/10"},
		{h("Range", "bytes=10-"), 416, "-", "bytes */10"},
		{h("Range", "bytes=-0"), 416, "-", "bytes */10"},
		{h("Range", "bytes=5-2"), 200, "0123456789", ""},
		{h("Range", "bytes=0-1,3-4"), 200, "0123456789", ""},
		{h("Range", "lines=1-2"), 200, "0123456789", ""},
		{h("Range", "bytes=+1-2"), 200, "0123456789", ""},
		{h("Range", "bytes=0-1", "If-Range", tag), 206, "01", "bytes 0-1/10"},
		{h("Range", "bytes=0-1", "If-Range", `"other"`), 200, "0123456789", ""},
		{h("If-Match", tag), 200, "0123456789", ""},
		{h("If-Match", `"x", `+tag), 200, "0123456789", ""},
		{h("If-Match", "*"), 200, "0123456789", ""},
		{h("If-Match", `"x"`), 412, "-", ""},
		{h("If-Match", `"x"`, "Range", "bytes=99-"), 412, "-", ""},
		{h("If-None-Match", tag), 304, "", ""},
		{h("If-None-Match", `"x"`), 200, "0123456789", ""},
		{h("If-Modified-Since", early), 200, "0123456789", ""},
		{h("If-Modified-Since", at), 304, "", ""},
		{h("If-Unmodified-Since", early), 412, "-", ""},
		{h("If-Unmodified-Since", late), 200, "0123456789", ""},
		{h("If-Match", tag, "If-Unmodified-Since", early), 200, "0123456789", ""},
		{h("If-None-Match", `"x"`, "If-Modified-Since", late), 200, "0123456789", ""},
		{h("If-Modified-Since", "yesterday"), 200, "0123456789", ""},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res, body := s.do(t, raw{method: method, target: "/ranges/k", header: c.header, key: accountKey})
			if res.StatusCode != c.status || res.Header.Get("Content-Range") != c.ranges {
				t.Errorf("%s %v: %d %q", method, c.header, res.StatusCode, res.Header.Get("Content-Range"))
			}
			if method == "HEAD" && body != "" || method == "GET" && c.body != "-" && body != c.body {
				t.Errorf("%s %v: body %q", method, c.header, body)
			}
			if c.status == 304 && res.Header.Get("Etag") != tag {
				t.Errorf("304 without its ETag")
			}
		}
	}
	res, body := s.do(t, raw{method: "GET", target: "/ranges/big", header: h("Range", "bytes=100000-150000"), key: accountKey})
	if res.StatusCode != http.StatusPartialContent || body != string(filler(200 << 10)[100000:150001]) {
		t.Errorf("range of a file: %d, %d bytes", res.StatusCode, len(body))
	}
}

func TestConditionalWrites(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "cond")
	put := func(in awss3.PutObjectInput) error {
		in.Bucket, in.Key, in.Body = ptr("cond"), ptr("k"), strings.NewReader("x")
		_, err := c.PutObject(ctx, &in)
		return err
	}
	wantCode(t, "if-match on nothing", put(awss3.PutObjectInput{IfMatch: ptr(`"x"`)}), "NoSuchKey")
	wantCode(t, "first", put(awss3.PutObjectInput{IfNoneMatch: ptr("*")}), "")
	wantCode(t, "second", put(awss3.PutObjectInput{IfNoneMatch: ptr("*")}), "PreconditionFailed")
	wantCode(t, "match", put(awss3.PutObjectInput{IfMatch: ptr(`"9dd4e461268c8034f5c8564e155c67a6"`)}), "")
	wantCode(t, "no match", put(awss3.PutObjectInput{IfMatch: ptr(`"x"`)}), "PreconditionFailed")
}

func TestObjectTagging(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "tags")
	s.put(t, "tags", "k", "x")
	in := &awss3.PutObjectTaggingInput{Bucket: ptr("tags"), Key: ptr("k"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: ptr("a"), Value: ptr("1")}}}}
	if _, err := c.PutObjectTagging(ctx, in); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("tags"), Key: ptr("k")})
	if err != nil || len(got.TagSet) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	for range 11 {
		in.Tagging.TagSet = append(in.Tagging.TagSet, types.Tag{Key: ptr("k" + strings.Repeat("x", len(in.Tagging.TagSet))), Value: ptr("")})
	}
	_, err = c.PutObjectTagging(ctx, in)
	wantCode(t, "too many", err, "BadRequest")
	if _, err := c.DeleteObjectTagging(ctx, &awss3.DeleteObjectTaggingInput{Bucket: ptr("tags"), Key: ptr("k")}); err != nil {
		t.Fatal(err)
	}
	if got, err = c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("tags"), Key: ptr("k")}); err != nil || len(got.TagSet) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("tags"), Key: ptr("none")})
	wantCode(t, "none", err, "NoSuchKey")
}

func TestDeleteObjects(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "batch")
	for _, k := range []string{"a", "b", "c<&>"} {
		s.put(t, "batch", k, "x")
	}
	del := func(quiet bool, keys ...string) *awss3.DeleteObjectsOutput {
		var ids []types.ObjectIdentifier
		for _, k := range keys {
			ids = append(ids, types.ObjectIdentifier{Key: &k})
		}
		out, err := c.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: ptr("batch"), Delete: &types.Delete{Objects: ids, Quiet: &quiet}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := del(false, "a", "none", strings.Repeat("k", 1025))
	if len(out.Deleted) != 2 || len(out.Errors) != 1 || *out.Errors[0].Code != "KeyTooLongError" {
		t.Errorf("%+v", out)
	}
	if out = del(true, "b", "c<&>"); len(out.Deleted) != 0 || len(out.Errors) != 0 {
		t.Errorf("quiet: %+v", out)
	}
	l, err := c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("batch")})
	if err != nil || len(l.Contents) != 0 {
		t.Errorf("left: %+v, %v", l.Contents, err)
	}
	res, body := s.do(t, raw{method: "POST", target: "/batch?delete", body: "<Delete><Object><Key>a</Key></Object></Delete>", key: accountKey})
	if res.StatusCode != 400 || !strings.Contains(body, "InvalidRequest") {
		t.Errorf("without a digest: %d %s", res.StatusCode, body)
	}
	// Keys with control characters, raw and as references, as clients send them.
	for _, k := range []string{"nul%00k", "one%01k", "tab%09k", "esc%1Bk"} {
		s.do(t, raw{method: "PUT", target: "/batch/" + k, body: "x", key: accountKey})
	}
	const doc = "<Delete><Quiet>true</Quiet><Object><Key>nul&#0;k</Key></Object><Object><Key>one\x01k</Key></Object><Object><Key>tab&#x9;k</Key></Object><Object><Key>esc&#x1b;k</Key></Object></Delete>"
	docSum := md5.Sum([]byte(doc))
	res, body = s.do(t, raw{method: "POST", target: "/batch?delete", body: doc, key: accountKey, header: map[string]string{"Content-MD5": base64.StdEncoding.EncodeToString(docSum[:])}})
	if l, err = c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("batch"), EncodingType: "url"}); res.StatusCode != 200 || err != nil || len(l.Contents) != 0 {
		t.Errorf("control characters: %d %s, left %+v, %v", res.StatusCode, body, l, err)
	}
	sum := md5.Sum([]byte("<Delete></Delete>"))
	_, body = s.do(t, raw{method: "POST", target: "/batch?delete", body: "<Delete></Delete>", key: accountKey,
		header: map[string]string{"Content-MD5": base64.StdEncoding.EncodeToString(sum[:])}})
	if !strings.Contains(body, "MalformedXML") {
		t.Errorf("empty list: %s", body)
	}
}
