package s3_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestListObjects(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "lists")
	for _, k := range []string{"a", "a/1", "a/2", "b/1", "c d+é", "z"} {
		s.put(t, "lists", k, k)
	}
	// Version 2, by pages of two.
	var keys []string
	in := &awss3.ListObjectsV2Input{Bucket: ptr("lists"), Delimiter: ptr("/"), MaxKeys: ptr(int32(2))}
	for {
		l, err := c.ListObjectsV2(ctx, in)
		if err != nil || int(*l.KeyCount) != len(l.Contents)+len(l.CommonPrefixes) || *l.MaxKeys != 2 {
			t.Fatalf("%+v, %v", l, err)
		}
		for _, o := range l.Contents {
			keys = append(keys, *o.Key)
			if o.Owner != nil || *o.Size == 0 || o.StorageClass != "STANDARD" || o.ChecksumAlgorithm[0] != "CRC32" {
				t.Errorf("%+v", o)
			}
		}
		for _, p := range l.CommonPrefixes {
			keys = append(keys, *p.Prefix+"*")
		}
		if !*l.IsTruncated {
			break
		}
		in.ContinuationToken = l.NextContinuationToken
	}
	slices.Sort(keys)
	if want := []string{"a", "a/*", "b/*", "c d+é", "z"}; !slices.Equal(keys, want) {
		t.Errorf("got %q", keys)
	}
	l, err := c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("lists"), StartAfter: ptr("a/2"), FetchOwner: ptr(true), EncodingType: "url"})
	if err != nil || len(l.Contents) != 3 || *l.Contents[0].Key != "b/1" || *l.Contents[1].Key != "c%20d%2B%C3%A9" || l.Contents[0].Owner == nil || *l.StartAfter != "a/2" {
		t.Errorf("%+v, %v", l, err)
	}
	l, err = c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("lists"), MaxKeys: ptr(int32(0))})
	if err != nil || len(l.Contents) != 0 || *l.IsTruncated {
		t.Errorf("no keys: %+v, %v", l, err)
	}
	_, err = c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("lists"), ContinuationToken: ptr("made up")})
	wantCode(t, "token", err, "InvalidArgument")

	// Version 1.
	one, err := c.ListObjects(ctx, &awss3.ListObjectsInput{Bucket: ptr("lists"), MaxKeys: ptr(int32(2))})
	if err != nil || len(one.Contents) != 2 || !*one.IsTruncated || one.NextMarker != nil || one.Contents[0].Owner == nil {
		t.Errorf("v1: %+v, %v", one, err)
	}
	one, err = c.ListObjects(ctx, &awss3.ListObjectsInput{Bucket: ptr("lists"), MaxKeys: ptr(int32(2)), Delimiter: ptr("/")})
	if err != nil || *one.NextMarker != "a/" {
		t.Errorf("v1: %+v, %v", one, err)
	}
	one, err = c.ListObjects(ctx, &awss3.ListObjectsInput{Bucket: ptr("lists"), Marker: one.NextMarker, Delimiter: ptr("/"), Prefix: ptr("")})
	if err != nil || len(one.Contents) != 2 || len(one.CommonPrefixes) != 1 || *one.IsTruncated {
		t.Errorf("v1: %+v, %v", one, err)
	}

	v, err := c.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: ptr("lists"), Prefix: ptr("a/")})
	if err != nil || len(v.Versions) != 2 || *v.Versions[0].VersionId != "null" || !*v.Versions[0].IsLatest {
		t.Errorf("versions: %+v, %v", v, err)
	}
	for _, q := range []string{"max-keys=x", "max-keys=-1", "encoding-type=rot13", "list-type=3", "prefix=%ff"} {
		res, body := s.do(t, raw{method: "GET", target: "/lists?" + q, key: accountKey})
		if res.StatusCode != 400 || !strings.Contains(body, "InvalidArgument") {
			t.Errorf("%s: %d %s", q, res.StatusCode, body)
		}
	}
	_, err = c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("nothing")})
	wantCode(t, "no bucket", err, "NoSuchBucket")
}

// TestKeys: any key arrives, by SDK and by hand, and none is cleaned or joined.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	c, ctx := s.client(accountKey), t.Context()
	s.bucket(t, "keys")
	keys := []string{"..", ".", "../../etc/passwd", "a", "a/", "a/b", "a//b", "a///b", "a/../b", "a/./b", "%2e%2e/x", "a%2Fb", "a+b", "a b", "?q=1", "#f",
		"\x01\x02", "tab\t", "日本/é", strings.Repeat("k", 1024), `back\slash`, "trailing.", " lead", "&<>'\"", "\u2028", "*'()!~"}
	for _, k := range keys {
		s.put(t, "keys", k, "="+k)
	}
	for _, k := range keys {
		if got := s.get(t, "keys", k); got != "="+k {
			t.Errorf("%q holds %q", k, got)
		}
	}
	seen := 0
	p := awss3.NewListObjectsV2Paginator(c, &awss3.ListObjectsV2Input{Bucket: ptr("keys"), MaxKeys: ptr(int32(7)), EncodingType: types.EncodingTypeUrl})
	for p.HasMorePages() {
		l, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(l.Contents)
	}
	if seen != len(keys) {
		t.Errorf("listed %d of %d", seen, len(keys))
	}
	// NUL is legal in a key; so is a slash at its start.
	for _, target := range []string{"/keys/nul%00key", "/keys//lead", "/keys/%2F%2F"} {
		if res, body := s.do(t, raw{method: "PUT", target: target, body: target, key: accountKey}); res.StatusCode != 200 {
			t.Errorf("%s: %d %s", target, res.StatusCode, body)
		}
	}
	for _, target := range []string{"/keys/nul%00key", "/keys//lead", "/keys/%2F%2F"} {
		if res, body := s.do(t, raw{method: "GET", target: target, key: accountKey}); res.StatusCode != 200 || body != target {
			t.Errorf("%s: %d %q", target, res.StatusCode, body)
		}
	}
	res, body := s.do(t, raw{method: "GET", target: "/keys?prefix=nul", key: accountKey})
	if res.StatusCode != 200 || !strings.Contains(body, "<Key>nul&#x0;key</Key>") {
		t.Errorf("NUL in a listing: %s", body)
	}
	for target, want := range map[string]string{"/keys/" + strings.Repeat("k", 1025): "KeyTooLongError", "/keys/%ff": "InvalidURI"} {
		if res, body := s.do(t, raw{method: "PUT", target: target, body: "x", key: accountKey}); res.StatusCode != 400 || !strings.Contains(body, want) {
			t.Errorf("%.20s: %d %s", target, res.StatusCode, body)
		}
	}
	for _, k := range keys {
		if _, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("keys"), Key: &k}); err != nil {
			t.Errorf("%q: %v", k, err)
		}
	}
}

// TestHosts: the bucket may stand in the host, with every name of Amazon's.
func TestHosts(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "my.bucket")
	s.put(t, "my.bucket", "dir/k", "found")
	for _, host := range []string{"my.bucket.localhost", "my.bucket.localhost:4600", "MY.bucket.s3.localhost", "my.bucket.s3.amazonaws.com", "my.bucket.s3.eu-west-1.amazonaws.com:443",
		"my.bucket.s3-eu-west-1.amazonaws.com", "my.bucket.s3.dualstack.us-gov-west-1.amazonaws.com", "my.bucket.s3.cn-north-1.amazonaws.com.cn", "my.bucket.s3-accelerate.amazonaws.com"} {
		if res, body := s.do(t, raw{method: "GET", target: "/dir/k", host: host, key: accountKey}); body != "found" {
			t.Errorf("%s: %d %s", host, res.StatusCode, body)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1:4600", "s3.localhost", "s3.amazonaws.com", "s3.eu-west-1.amazonaws.com", "s3-eu-west-1.amazonaws.com", "s3.dualstack.eu-west-1.amazonaws.com", "[::1]:80", "sagebrush.example"} {
		if res, body := s.do(t, raw{method: "GET", target: "/my.bucket/dir/k", host: host, key: accountKey}); body != "found" {
			t.Errorf("%s: %d %s", host, res.StatusCode, body)
		}
	}
	res, body := s.do(t, raw{method: "GET", target: "/", host: "my.bucket.localhost", key: accountKey})
	if res.StatusCode != 200 || !strings.Contains(body, "<Name>my.bucket</Name>") {
		t.Errorf("list by host: %s", body)
	}
}

// TestManyKeysBehindPrefixes: a page of common prefixes does not read the keys
// that they hide, so it stays quick however many there are; here that the result
// is right across batch borders.
func TestManyKeysBehindPrefixes(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "deep")
	for p := range 5 {
		for i := range 40 {
			s.put(t, "deep", fmt.Sprintf("p%d/%03d", p, i), "")
		}
		s.put(t, "deep", fmt.Sprintf("p%d0", p), "")
	}
	l, err := s.client(accountKey).ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: ptr("deep"), Delimiter: ptr("/")})
	if err != nil || len(l.CommonPrefixes) != 5 || len(l.Contents) != 5 {
		t.Fatalf("%d prefixes, %d keys, %v", len(l.CommonPrefixes), len(l.Contents), err)
	}
}
