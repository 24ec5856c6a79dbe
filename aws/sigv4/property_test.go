package sigv4_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// mutate changes one byte of s.
func mutate(rng *rand.Rand, s string) string {
	if s == "" {
		return "x"
	}
	b := []byte(s)
	b[rng.IntN(len(b))] ^= byte(1 << rng.IntN(3))
	return string(b)
}

// Whatever a foreign signer signs is accepted, and no part that it covers can be
// altered: method, path, query, any signed header, host, body.
func TestEveryMutationOfASignedPartIsRefused(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	random := func(n int) string {
		b := make([]byte, rng.IntN(n))
		for i := range b {
			b[i] = byte(rng.IntN(256))
		}
		return string(b)
	}
	v := sigv4.NewVerifier(lookup)
	for range 400 {
		service := []string{"s3", "sagemaker"}[rng.IntN(2)]
		u := url.URL{Scheme: "http", Host: "localhost"}
		u.Path = "/" + random(12)
		var escaped strings.Builder
		for i := range len(u.Path) { // as SDKs do: everything but unreserved bytes
			if c := u.Path[i]; c == '/' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
				escaped.WriteByte(c)
			} else {
				escaped.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
			}
		}
		u.RawPath = escaped.String()
		q := url.Values{}
		for range rng.IntN(4) {
			q.Add("p"+random(4), random(6))
		}
		u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
		body := random(30)
		fresh := func() *http.Request {
			return signed(t, "POST", u.String(), body, service, header("X-Amz-Meta-A", "abc def"), header("Content-Type", "text/plain"))
		}
		r := fresh()
		if strings.Contains(u.Path, "\x00") && r.URL.Path == "" {
			continue
		}
		if _, err := v.VerifyBody(r, []byte(body), noon); err != nil {
			t.Fatalf("%s %q refused: %v", service, u.String(), err)
		}
		part := rng.IntN(7)
		switch part {
		case 0:
			r.Method = "PUT"
		case 1:
			r.URL.Path += "x"
			r.URL.RawPath = ""
		case 2:
			r.URL.RawQuery += "&x=1"
		case 3:
			r.Header.Set("X-Amz-Meta-A", mutate(rng, "abc def"))
		case 4:
			r.Host = mutate(rng, r.Host)
		case 5:
			r.Header.Set("Content-Type", mutate(rng, "text/plain"))
		case 6:
			body = mutate(rng, body)
		}
		if _, err := v.VerifyBody(r, []byte(body), noon); err == nil {
			t.Fatalf("part %d of %s %q was altered and accepted", part, service, u.String())
		}
	}
}

// A presigned URL cannot be altered either: neither its parameters nor its path.
func TestEveryMutationOfAPresignedURLIsRefused(t *testing.T) {
	t.Parallel()
	r, _ := http.NewRequest("GET", "http://localhost/bucket/key?X-Amz-Expires=60&partNumber=1", nil)
	raw, _, err := v4.NewSigner().PresignHTTP(t.Context(), v2aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey, SessionToken: token},
		r, sigv4.UnsignedPayload, "s3", "us-east-1", noon, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(raw, "/bucket")
	for i := start; i < len(raw); i++ {
		for _, c := range "aZ0%&=/" {
			bad := raw[:i] + string(c) + raw[i+1:]
			u, err := url.Parse(bad)
			if err != nil || u.Path == "/bucket/key" && sameQuery(u.RawQuery, raw) {
				continue
			}
			if _, err := sigv4.Verify(arrive(t, &http.Request{Method: "GET", URL: u, Header: http.Header{}}), lookup, noon); err == nil {
				t.Fatalf("accepted %s", bad)
			}
		}
	}
}

func sameQuery(query, raw string) bool {
	u, _ := url.Parse(raw)
	a, err := url.ParseQuery(query)
	return err == nil && a.Encode() == u.Query().Encode()
}
