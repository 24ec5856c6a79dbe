package s3_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestPresignedVersion2: the URLs that boto3 and `aws s3 presign` make for
// endpoints that they do not know.
func TestPresignedVersion2(t *testing.T) {
	t.Parallel()
	s := setup(t, false)
	s.bucket(t, "signed")
	s.put(t, "signed", "dir/a b", "found")
	soon := time.Now().Add(time.Minute).Unix()
	sign := func(text string) string {
		mac := hmac.New(sha1.New, []byte("secret of "+accountKey))
		mac.Write([]byte(text))
		return url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	target := func(path, query, signature string, expires int64) string {
		return fmt.Sprintf("%s?%sAWSAccessKeyId=%s&Signature=%s&Expires=%d", path, query, accountKey, signature, expires)
	}
	get := fmt.Sprintf("GET\n\n\n%d\n/signed/dir/a%%20b", soon)
	for _, c := range []struct {
		name, method, target, host, body, want string
		status                                 int
	}{
		{"path", "GET", target("/signed/dir/a%20b", "", sign(get), soon), "", "", "found", 200},
		{"host", "GET", target("/dir/a%20b", "", sign(get), soon), "signed.localhost", "", "found", 200},
		{"other key", "GET", target("/signed/dir/other", "", sign(get), soon), "", "", "SignatureDoesNotMatch", 403},
		{"other method", "DELETE", target("/signed/dir/a%20b", "", sign(get), soon), "", "", "SignatureDoesNotMatch", 403},
		{"later", "GET", target("/signed/dir/a%20b", "", sign(get), soon+1), "", "", "SignatureDoesNotMatch", 403},
		{"expired", "GET", target("/signed/dir/a%20b", "", sign("GET\n\n\n1000\n/signed/dir/a%20b"), 1000), "", "", "Request has expired", 403},
		{"no time", "GET", "/signed/k?AWSAccessKeyId=x&Signature=y&Expires=z", "", "", "Invalid date", 403},
		{"unknown key", "GET", "/signed/k?AWSAccessKeyId=x&Signature=y&Expires=1", "", "", "InvalidAccessKeyId", 403},
		{"subresource", "GET", target("/signed/dir/a%20b", "tagging&", sign(fmt.Sprintf("GET\n\n\n%d\n/signed/dir/a%%20b?tagging", soon)), soon), "", "", "<Tagging", 200},
		{"subresource added", "GET", target("/signed/dir/a%20b", "tagging&", sign(get), soon), "", "", "SignatureDoesNotMatch", 403},
		{"put", "PUT", target("/signed/new", "content-type=x/y&x-amz-meta-a=1&", sign(fmt.Sprintf("PUT\n\nx/y\n%d\nx-amz-meta-a:1\n/signed/new", soon)), soon), "", "new", "", 200},
		{"token", "GET", target("/signed/dir/a%20b", "x-amz-security-token=expired&", sign(get), soon), "", "", "ExpiredToken", 400},
	} {
		res, body := s.do(t, raw{method: c.method, target: c.target, host: c.host, body: c.body})
		if res.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s", c.name, res.StatusCode, body)
		}
	}
	res, body := s.do(t, raw{method: "GET", target: "/signed/new", key: accountKey})
	if body != "new" || res.Header.Get("Content-Type") != "x/y" || res.Header.Get("X-Amz-Meta-A") != "1" {
		t.Errorf("put by URL: %q %v", body, res.Header)
	}
}
