package s3_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestIsolation: every operation on another account's bucket is AccessDenied,
// and so is every request without a signature.
func TestIsolation(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "mine")
	s.put(t, "mine", "k", "secret")
	u, err := s.client(accountKey).CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: ptr("mine"), Key: ptr("k")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client(otherKey).CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: ptr("theirs")}); err != nil {
		t.Fatal(err)
	}
	up := "uploadId=" + *u.UploadId
	copied := map[string]string{"X-Amz-Copy-Source": "mine/k"}
	for _, q := range []raw{
		{method: "HEAD", target: "/mine"}, {method: "DELETE", target: "/mine"}, {method: "GET", target: "/mine"},
		{method: "GET", target: "/mine?list-type=2"}, {method: "GET", target: "/mine?versions"}, {method: "GET", target: "/mine?uploads"},
		{method: "GET", target: "/mine?location"}, {method: "GET", target: "/mine?versioning"}, {method: "GET", target: "/mine?acl"},
		{method: "PUT", target: "/mine?acl"}, {method: "GET", target: "/mine?tagging"}, {method: "DELETE", target: "/mine?tagging"},
		{method: "PUT", target: "/mine?tagging", body: "<Tagging><TagSet/></Tagging>"}, {method: "GET", target: "/mine?policy"},
		{method: "POST", target: "/mine?delete", body: "<Delete><Object><Key>k</Key></Object></Delete>"},
		{method: "GET", target: "/mine/k"}, {method: "HEAD", target: "/mine/k"}, {method: "GET", target: "/mine/none"},
		{method: "PUT", target: "/mine/k", body: "x"}, {method: "DELETE", target: "/mine/k"},
		{method: "GET", target: "/mine/k?tagging"}, {method: "PUT", target: "/mine/k?tagging", body: "<Tagging><TagSet/></Tagging>"}, {method: "DELETE", target: "/mine/k?tagging"},
		{method: "GET", target: "/mine/k?acl"}, {method: "PUT", target: "/mine/k?acl"}, {method: "GET", target: "/mine/k?attributes", header: map[string]string{"X-Amz-Object-Attributes": "ETag"}},
		{method: "PUT", target: "/mine/k2", header: copied}, {method: "PUT", target: "/theirs/k", header: copied},
		{method: "POST", target: "/mine/k?uploads"}, {method: "PUT", target: "/mine/k?partNumber=1&" + up, body: "x"}, {method: "GET", target: "/mine/k?" + up},
		{method: "PUT", target: "/mine/k?partNumber=1&" + up, header: copied},
		{method: "POST", target: "/mine/k?" + up, body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"},
		{method: "DELETE", target: "/mine/k?" + up},
	} {
		for _, key := range []string{otherKey, ""} {
			if q.key = key; key == "" && strings.Contains(q.target, "theirs") {
				continue
			}
			res, body := s.do(t, q)
			if res.StatusCode != 403 || q.method != "HEAD" && !strings.Contains(body, "<Code>AccessDenied</Code>") || strings.Contains(body, "secret") {
				t.Errorf("%s %s by %q: %d %s", q.method, q.target, key, res.StatusCode, body)
			}
			if q.method == "HEAD" && body != "" {
				t.Errorf("HEAD with a body: %q", body)
			}
		}
	}
	l, err := s.client(otherKey).ListBuckets(t.Context(), &awss3.ListBucketsInput{})
	if err != nil || len(l.Buckets) != 1 || *l.Buckets[0].Name != "theirs" {
		t.Errorf("buckets of the other account: %+v, %v", l, err)
	}
	if got := s.get(t, "mine", "k"); got != "secret" {
		t.Errorf("changed to %q", got)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "signed")
	with := func(id, secret, token string) *awss3.Client {
		return s.client(accountKey, func(o *awss3.Options) { o.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token) })
	}
	list := func(c *awss3.Client) error {
		_, err := c.ListBuckets(t.Context(), &awss3.ListBucketsInput{})
		return err
	}
	wantCode(t, "wrong secret", list(with(accountKey, "wrong", "")), "SignatureDoesNotMatch")
	wantCode(t, "unknown key", list(with("AKIDNOBODY", "x", "")), "InvalidAccessKeyId")
	wantCode(t, "expired token", list(with(accountKey, "x", "expired")), "ExpiredToken")
	wantCode(t, "any region", list(s.client(accountKey, func(o *awss3.Options) { o.Region = "ap-southeast-2" })), "")
	res, body := s.do(t, raw{method: "GET", target: "/", unsigned: []string{"Authorization", "Basic abc"}})
	if res.StatusCode != 400 {
		t.Errorf("basic: %d %s", res.StatusCode, body)
	}
	for _, off := range []time.Duration{-16 * time.Minute, 16 * time.Minute} {
		res, body = s.do(t, raw{method: "GET", target: "/signed", key: accountKey, clock: off})
		if res.StatusCode != 403 || !strings.Contains(body, "<Code>RequestTimeTooSkewed</Code>") || !strings.Contains(body, "<ServerTime>") {
			t.Errorf("skew: %d %s", res.StatusCode, body)
		}
	}
	// A body other than the signed one is refused and leaves nothing.
	res, body = s.do(t, raw{method: "PUT", target: "/signed/k", body: "x", key: accountKey, header: map[string]string{"Content-Md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}})
	if res.StatusCode != 400 || !strings.Contains(body, "BadDigest") {
		t.Errorf("digest: %d %s", res.StatusCode, body)
	}
	if res.Header.Get("X-Amz-Request-Id") == "" || !strings.Contains(body, "<RequestId>"+res.Header.Get("X-Amz-Request-Id")+"</RequestId>") {
		t.Errorf("request id: %v %s", res.Header, body)
	}
}

func TestPresigned(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "presigned")
	p, ctx := awss3.NewPresignClient(s.client(accountKey)), t.Context()
	put, err := p.PresignPutObject(ctx, &awss3.PutObjectInput{Bucket: ptr("presigned"), Key: ptr("dir/a b"), Tagging: ptr("a=1")})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, url, body string, header http.Header) (int, string) {
		r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range header {
			if k != "Host" && k != "Content-Length" {
				r.Header[k] = v
			}
		}
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, read(t, res.Body)
	}
	if status, body := send("PUT", put.URL, "by url", put.SignedHeader); status != 200 {
		t.Fatalf("put: %d %s", status, body)
	}
	get, err := p.PresignGetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("presigned"), Key: ptr("dir/a b"), ResponseContentType: ptr("x/y")})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := send("GET", get.URL, "", nil); status != 200 || body != "by url" {
		t.Fatalf("get: %d %s", status, body)
	}
	if status, body := send("GET", strings.Replace(get.URL, "a%20b", "other", 1), "", nil); status != 403 || !strings.Contains(body, "SignatureDoesNotMatch") {
		t.Errorf("altered: %d %s", status, body)
	}
	if status, body := send("DELETE", get.URL, "", nil); status != 403 {
		t.Errorf("other method: %d %s", status, body)
	}
	old, err := p.PresignGetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("presigned"), Key: ptr("dir/a b")}, func(o *awss3.PresignOptions) { o.Expires = time.Nanosecond * 1e9 })
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		status, body := send("GET", old.URL, "", nil)
		if status == 403 && strings.Contains(body, "Request has expired") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still %d %s", status, body)
		}
	}
}

// TestProtocolErrors: what no SDK sends.
func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "proto")
	s.put(t, "proto", "k", "x")
	for _, c := range []struct {
		q    raw
		want string
	}{
		{raw{method: "POST", target: "/"}, "MethodNotAllowed"},
		{raw{method: "PATCH", target: "/proto/k"}, "MethodNotAllowed"},
		{raw{method: "POST", target: "/proto/k?select&select-type=2", body: "x"}, "NotImplemented"},
		{raw{method: "POST", target: "/proto/k?restore", body: "x"}, "NotImplemented"},
		{raw{method: "PUT", target: "/proto?versioning", body: "x"}, "NotImplemented"},
		{raw{method: "POST", target: "/proto", body: "x"}, "NotImplemented"},
		{raw{method: "GET", target: "/proto/k?torrent"}, "NotImplemented"},
		{raw{method: "GET", target: "/proto/k?versionId=abc"}, "InvalidArgument"},
		{raw{method: "GET", target: "/proto/k?partNumber=0"}, "InvalidArgument"},
		{raw{method: "PUT", target: "/proto?tagging", body: "<Tagging"}, "MalformedXML"},
		{raw{method: "PUT", target: "/proto?tagging", body: "<Other/>"}, "MalformedXML"},
		{raw{method: "PUT", target: "/proto?tagging"}, "MissingRequestBodyError"},
		{raw{method: "PUT", target: "/proto?tagging", body: strings.Repeat("<Tagging>", 5000)}, "MalformedXML"},
		{raw{method: "PUT", target: "/proto?tagging", body: `<!DOCTYPE x [<!ENTITY a "b">]><Tagging><TagSet/></Tagging>`}, "MalformedXML"},
		{raw{method: "PUT", target: "/proto?tagging", body: "<Tagging>" + strings.Repeat(" ", 2<<20) + "</Tagging>"}, "EntityTooLarge"},
		{raw{method: "DELETE", target: "/proto/k", header: map[string]string{"If-Match": `"x"`}}, "NotImplemented"},
		{raw{method: "PUT", target: "/new-bucket", body: "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket><Location><Name>x</Name></Location></CreateBucketConfiguration>"}, "NotImplemented"},
		{raw{method: "PUT", target: "/new-bucket", body: "<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>"}, "InvalidLocationConstraint"},
		{raw{method: "GET", target: "/proto/k?a=%zz"}, "InvalidURI"},
	} {
		c.q.key = accountKey
		if _, body := s.do(t, c.q); !strings.Contains(body, "<Code>"+c.want+"</Code>") {
			t.Errorf("%s %s: %.300s, want %s", c.q.method, c.q.target, body, c.want)
		}
	}
	// Lengths: none, and a body cut short.
	r, err := http.NewRequestWithContext(t.Context(), "PUT", s.URL+"/proto/len", io.NopCloser(bytes.NewReader([]byte("x"))))
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(accountKey)
	signed, err := awss3.NewPresignClient(c).PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("proto"), Key: ptr("len")})
	if err != nil {
		t.Fatal(err)
	}
	if r.URL, err = r.URL.Parse(signed.URL); err != nil {
		t.Fatal(err)
	}
	res, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, res.Body); res.StatusCode != 411 || !strings.Contains(body, "MissingContentLength") {
		t.Errorf("no length: %d %s", res.StatusCode, body)
	}
}
