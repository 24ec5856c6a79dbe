package sigv4_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// FuzzVerify: whatever stands in the header and the query, nothing panics and
// nothing is accepted, because the fuzzer does not know the secret.
func FuzzVerify(f *testing.F) {
	r := signed(f, "GET", "http://localhost/", "", "iam")
	f.Add(strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1), "", "/")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=;;,Signature=", "a=b", "/x")
	f.Add("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20231215%2Fus-east-1%2Fs3%2Faws4_request"+
		"&X-Amz-Date=20231215T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00", "/b/k")
	f.Add("", "X-Amz-Signature=%", "//")
	f.Fuzz(func(t *testing.T, authorization, query, path string) {
		r := &http.Request{Method: "GET", URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}, Host: "localhost"}
		r.Header.Set("X-Amz-Date", "20231215T120000Z")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		sigv4.ScopeOf(r)
		if s, err := sigv4.Verify(r, lookup, noon); err == nil {
			t.Fatalf("accepted %+v", s)
		} else if reason(err) == 0 {
			t.Fatalf("untyped %v", err)
		}
	})
}

// FuzzChunks: broken framing never panics, and never yields more than was announced.
func FuzzChunks(f *testing.F) {
	f.Add("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n", byte(0))
	f.Add("5;chunk-signature="+strings.Repeat("0", 64)+"\r\nhello\r\n0;chunk-signature="+strings.Repeat("0", 64)+"\r\n\r\n", byte(1))
	f.Add("0\r\n", byte(2))
	kinds := []string{sigv4.StreamingUnsignedTrailer, sigv4.StreamingPayload, sigv4.StreamingPayloadTrailer}
	var all []*sigv4.Signed
	for _, kind := range kinds {
		s, _ := streaming(f, kind, 5)
		all = append(all, s)
	}
	f.Fuzz(func(t *testing.T, body string, kind byte) {
		s := all[int(kind)%len(all)]
		r, _ := s.Body(io.NopCloser(strings.NewReader(body)))
		data, err := io.ReadAll(r)
		if err == nil && (int(kind)%len(all) != 0 || len(data) != 5) {
			t.Fatalf("accepted %q", data)
		}
		if err != nil && reason(err) == 0 {
			t.Fatalf("untyped %v", err)
		}
	})
}
