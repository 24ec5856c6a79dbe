package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
)

var noon = time.Date(2023, 12, 15, 12, 0, 0, 0, time.UTC)

const keyID, secretKey, token = "AKIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token/with+odd=chars"

func lookup(_ context.Context, id, tok string) (sigv4.Secret, error) {
	switch {
	case id == "ASIAOLD":
		return sigv4.Secret{}, aws.Errorf(aws.ExpiredTokenException, "The security token included in the request is expired")
	case id == "BROKEN":
		return sigv4.Secret{}, errors.New("disk on fire")
	case id != keyID, tok != "" && tok != token:
		return sigv4.Secret{}, aws.Errorf(aws.UnrecognizedClientException, "The security token included in the request is invalid.")
	}
	return sigv4.Secret{SecretAccessKey: secretKey, Caller: aws.Caller{Scope: aws.Scope{Account: "123456789012"}}}, nil
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// arrive turns a client's request into what net/http's server makes of it.
func arrive(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	in := httptest.NewRequestWithContext(t.Context(), r.Method, r.URL.RequestURI(), r.Body)
	in.Header = r.Header.Clone()
	in.Host = r.Host
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.ContentLength = r.ContentLength
	return in
}

// signed makes a request with a foreign signer: aws-sdk-go-v2's.
func signed(t testing.TB, method, rawURL, body, service string, opts ...func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, rawURL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	creds := v2aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey}
	for _, o := range opts {
		o(r)
	}
	if r.Header.Get("Use-Token") != "" {
		r.Header.Del("Use-Token")
		creds.SessionToken = token
	}
	hash := hashOf(body)
	if h := r.Header.Get("X-Amz-Content-Sha256"); h != "" {
		hash = h
	} else if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	err = v4.NewSigner().SignHTTP(t.Context(), creds, r, hash, service, "eu-west-1", noon,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if err != nil {
		t.Fatal(err)
	}
	return arrive(t, r)
}

func withToken(r *http.Request) { r.Header.Set("Use-Token", "1") }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func reason(err error) sigv4.Reason {
	var f *sigv4.Failure
	if errors.As(err, &f) {
		return f.Reason
	}
	return 0
}

func TestVerifyAcceptsForeignSignatures(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Request{
		"json":              signed(t, "POST", "http://127.0.0.1:4600/", `{"a":1}`, "sagemaker", header("X-Amz-Target", "SageMaker.X"), header("Content-Type", "application/x-amz-json-1.1")),
		"token":             signed(t, "POST", "http://localhost/", "", "sts", withToken),
		"rest path":         signed(t, "POST", "http://localhost/endpoints/my-endpoint/invocations", "x", "sagemaker"),
		"escaped path":      signed(t, "POST", "http://localhost/endpoints/a%20b%2Bc/invocations", "x", "sagemaker"),
		"query":             signed(t, "GET", "http://localhost/?b=2&a=a-b&a=a%2Fb&c=x%20y&d=%C3%A4&e", "", "iam"),
		"spaces in headers": signed(t, "GET", "http://localhost/", "", "iam", header("X-Amz-Meta-A", "  a   b  "), header("X-Amz-Meta-A", "c")),
		"s3":                signed(t, "PUT", "http://b.s3.eu-west-1.amazonaws.com/a%20b/%2B%3D%25%C3%A4", "body", "s3"),
		"s3 odd path":       signed(t, "PUT", "http://localhost/b//a/../b/./c", "body", "s3"),
		"s3 unsigned":       signed(t, "PUT", "http://localhost/b/k", "body", "s3", header("X-Amz-Content-Sha256", sigv4.UnsignedPayload)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := sigv4.Verify(r, lookup, noon.Add(14*time.Minute))
			if err != nil {
				var f *sigv4.Failure
				errors.As(err, &f)
				t.Fatalf("%v\n%s", err, f.CanonicalRequest)
			}
			if s.AccessKeyID != keyID || s.Region != "eu-west-1" || s.Caller.Region != "eu-west-1" || s.Caller.Account != "123456789012" {
				t.Errorf("signed: %+v", s)
			}
			body, _ := s.Body(r.Body)
			if _, err := io.ReadAll(body); err != nil {
				t.Errorf("body: %v", err)
			}
		})
	}
}

func TestVerifyAcceptsPresigned(t *testing.T) {
	t.Parallel()
	for _, tok := range []string{"", token} {
		r, _ := http.NewRequest("GET", "http://localhost/bucket/a%20b?X-Amz-Expires=604800&response-content-type=text%2Fplain", nil)
		u, _, err := v4.NewSigner().PresignHTTP(t.Context(), v2aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey, SessionToken: tok},
			r, sigv4.UnsignedPayload, "s3", "us-east-1", noon, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err != nil {
			t.Fatal(err)
		}
		parsed, _ := url.Parse(u)
		in := arrive(t, &http.Request{Method: "GET", URL: parsed, Header: http.Header{}})
		s, err := sigv4.Verify(in, lookup, noon.Add(6*24*time.Hour))
		if err != nil || !s.Presigned || s.PayloadHash != sigv4.UnsignedPayload {
			t.Fatalf("%+v, %v", s, err)
		}
		if svc, region, id, ok := sigv4.ScopeOf(in); !ok || svc != "s3" || region != "us-east-1" || id != keyID {
			t.Errorf("ScopeOf = %q %q %q %v", svc, region, id, ok)
		}
		if _, err := sigv4.Verify(in, lookup, noon.Add(7*24*time.Hour+time.Second)); reason(err) != sigv4.ReasonExpiredRequest {
			t.Errorf("after its end: %v", err)
		}
		if _, err := sigv4.Verify(in, lookup, noon.Add(-16*time.Minute)); reason(err) != sigv4.ReasonNotYetValid {
			t.Errorf("before its time: %v", err)
		}
		in.URL.RawQuery = strings.Replace(in.URL.RawQuery, "604800", "604801", 1)
		if _, err := sigv4.Verify(in, lookup, noon); reason(err) != sigv4.ReasonMalformedQuery {
			t.Errorf("longer than a week: %v", err)
		}
	}
}

func TestSignIsAccepted(t *testing.T) {
	t.Parallel()
	r, _ := http.NewRequest("POST", "http://localhost:4600/?x=1", strings.NewReader("hi"))
	sigv4.Sign(r, sigv4.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey, SessionToken: token}, "sts", "us-east-1", hashOf("hi"), noon)
	if _, err := sigv4.Verify(arrive(t, r), lookup, noon); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	const missing, incomplete, invalid = aws.MissingAuthenticationToken, aws.IncompleteSignature, aws.InvalidSignatureException
	for name, c := range map[string]struct {
		change func(*http.Request)
		at     time.Time
		reason sigv4.Reason
		code   aws.Code
		text   string
	}{
		"unsigned":        {change: func(r *http.Request) { r.Header.Del("Authorization") }, reason: sigv4.ReasonMissing, code: missing, text: "Missing Authentication Token"},
		"v2 signature":    {change: func(r *http.Request) { r.Header.Set("Authorization", "AWS AKIA:sig") }, reason: sigv4.ReasonUnsupported, code: incomplete},
		"no parameters":   {change: func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256") }, reason: sigv4.ReasonMalformed, code: incomplete, text: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."},
		"short scope":     {change: edit("us-east-1/", "", "eu-west-1/", ""), reason: sigv4.ReasonMalformed, code: incomplete},
		"no date":         {change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, reason: sigv4.ReasonMalformed, code: incomplete},
		"bad date":        {change: func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") }, reason: sigv4.ReasonMalformed, code: incomplete},
		"other day":       {change: edit("20231215/", "20231214/"), reason: sigv4.ReasonMalformed, code: invalid, text: "Date in Credential scope does not match"},
		"late":            {at: noon.Add(15*time.Minute + time.Second), reason: sigv4.ReasonSkew, code: invalid, text: "Signature expired: 20231215T120000Z is now earlier than 20231215T120001Z (20231215T121501Z - 15 min.)"},
		"early":           {at: noon.Add(-15*time.Minute - time.Second), reason: sigv4.ReasonSkew, code: invalid, text: "Signature not yet current"},
		"unknown key":     {change: edit(keyID, "AKIANOBODY"), reason: sigv4.ReasonUnknownKey, code: aws.UnrecognizedClientException, text: "The security token included in the request is invalid."},
		"expired token":   {change: edit(keyID, "ASIAOLD"), reason: sigv4.ReasonExpiredToken, code: aws.ExpiredTokenException},
		"wrong token":     {change: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, reason: sigv4.ReasonUnsignedHeader, code: invalid},
		"lookup broken":   {change: edit(keyID, "BROKEN"), reason: sigv4.ReasonLookup, code: aws.InternalFailure},
		"host not signed": {change: edit("host;", ""), reason: sigv4.ReasonMalformed, code: incomplete},
		"unsigned header": {change: func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, reason: sigv4.ReasonUnsignedHeader, code: invalid},
		"other body":      {change: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("other")) }, reason: sigv4.ReasonMismatch, code: invalid, text: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."},
		"bad query":       {change: func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, reason: sigv4.ReasonMalformed, code: incomplete},
		"two signatures":  {change: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Signature=x" }, reason: sigv4.ReasonUnsupported, code: incomplete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := signed(t, "POST", "http://localhost/", "body", "sagemaker", header("X-Amz-Target", "SageMaker.ListModels"))
			if c.change != nil {
				c.change(r)
			}
			if c.at.IsZero() {
				c.at = noon
			}
			_, err := sigv4.Verify(r, lookup, c.at)
			if reason(err) != c.reason || aws.CodeOf(err) != c.code || err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got reason %d, %v; want %d, %s: %s", reason(err), err, c.reason, c.code, c.text)
			}
		})
	}
}

func edit(oldnew ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.NewReplacer(oldnew...).Replace(r.Header.Get("Authorization")))
	}
}

func TestVerifyBodyHoldsAnnouncedHash(t *testing.T) {
	t.Parallel()
	r := signed(t, "POST", "http://localhost/", "body", "sagemaker", header("X-Amz-Content-Sha256", hashOf("body")))
	v := sigv4.NewVerifier(lookup)
	for range 2 { // the second time with a cached key
		if _, err := v.VerifyBody(r, []byte("body"), noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.VerifyBody(r, []byte("bodY"), noon); reason(err) != sigv4.ReasonPayloadMismatch {
		t.Errorf("altered body: %v", err)
	}
	s, err := v.Verify(r, noon)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := s.Body(io.NopCloser(strings.NewReader("bodY")))
	if _, err := io.ReadAll(body); reason(err) != sigv4.ReasonPayloadMismatch {
		t.Errorf("altered body while reading: %v", err)
	}
}

func TestS3NeedsPayloadHash(t *testing.T) {
	t.Parallel()
	r := signed(t, "PUT", "http://localhost/b/k", "body", "s3")
	for _, h := range []string{"", "nonsense", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"} {
		r.Header.Set("X-Amz-Content-Sha256", h)
		if _, err := sigv4.Verify(r, lookup, noon); reason(err) != sigv4.ReasonPayloadHash {
			t.Errorf("hash %q: %v", h, err)
		}
	}
}
