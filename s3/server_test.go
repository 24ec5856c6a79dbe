package s3_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	awsv2 "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/s3"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// The two accounts of the tests; the secret of a key is the key reversed.
const (
	account, other       = "111111111111", "222222222222"
	accountKey, otherKey = "AKIDONE", "AKIDTWO"
)

// server is a running S3 over a directory.
type server struct {
	*httptest.Server
	store blob.Store
}

func lookup(_ context.Context, id, token string) (sigv4.Secret, error) {
	accounts := map[string]string{accountKey: account, otherKey: other}
	switch {
	case token == "expired":
		return sigv4.Secret{}, aws.Errorf(aws.ExpiredTokenException, "expired")
	case accounts[id] == "":
		return sigv4.Secret{}, aws.Errorf(aws.UnrecognizedClientException, "unknown")
	}
	return sigv4.Secret{SecretAccessKey: "secret of " + id, Caller: aws.Caller{Scope: aws.Scope{Account: accounts[id]}}}, nil
}

// setup starts a server; secure makes it speak TLS.
func setup(t testing.TB, secure bool) *server {
	t.Helper()
	store, err := dir.New(storetest.SQLite(t), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &server{store: store}
	h := s3.NewHandler(store, s3.Options{Lookup: lookup})
	if secure {
		s.Server = httptest.NewTLSServer(h)
	} else {
		s.Server = httptest.NewServer(h)
	}
	t.Cleanup(s.Server.Close)
	return s
}

// client is an SDK client of one key.
func (s *server) client(key string, change ...func(*awss3.Options)) *awss3.Client {
	o := awss3.Options{BaseEndpoint: &s.URL, Region: "us-east-1", UsePathStyle: true, HTTPClient: s.Client(), RetryMaxAttempts: 1,
		RequestChecksumCalculation: awsv2.RequestChecksumCalculationWhenSupported,
		Credentials:                credentials.NewStaticCredentialsProvider(key, "secret of "+key, "")}
	return awss3.New(o, change...)
}

// bucket makes a bucket of the first account.
func (s *server) bucket(t testing.TB, name string) {
	t.Helper()
	if _, err := s.client(accountKey).CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
}

// put stores content as the first account.
func (s *server) put(t testing.TB, bucket, key, content string) *awss3.PutObjectOutput {
	t.Helper()
	out, err := s.client(accountKey).PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// get reads an object as the first account.
func (s *server) get(t testing.TB, bucket, key string) string {
	t.Helper()
	out, err := s.client(accountKey).GetObject(t.Context(), &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return read(t, out.Body)
}

func read(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// code is the error code of err, "" for none.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func wantCode(t testing.TB, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

// raw is a request written by hand: target is the escaped path and query.
type raw struct {
	method, target, body string
	header               map[string]string
	key                  string // who signs, "" for nobody
	host                 string
	unsigned             []string      // headers added after signing
	clock                time.Duration // how far the signer's clock is off
}

// do sends the request and gives the answer with its body read.
func (s *server) do(t testing.TB, q raw) (*http.Response, string) {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(q.target, "?")
	if u.Path, err = url.PathUnescape(path); err != nil {
		t.Fatal(err)
	}
	u.RawPath, u.RawQuery = path, query
	r := &http.Request{Method: q.method, URL: u, Host: q.host, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(q.body)), ContentLength: int64(len(q.body))}
	if q.body == "" {
		r.Body = nil
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	if q.key != "" {
		sum := sha256.Sum256([]byte(q.body))
		sigv4.Sign(r, sigv4.Credentials{AccessKeyID: q.key, SecretAccessKey: "secret of " + q.key}, "s3", "us-east-1", hex.EncodeToString(sum[:]), time.Now().Add(q.clock))
	}
	for i := 0; i+1 < len(q.unsigned); i += 2 {
		r.Header.Set(q.unsigned[i], q.unsigned[i+1])
	}
	res, err := (&http.Transport{DialContext: s.dial, DisableKeepAlives: true}).RoundTrip(r.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return res, read(t, res.Body)
}

// dial reaches the server under every name.
func (s *server) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
}

// filler is n bytes that are not all alike.
func filler(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + i>>16)
	}
	return b
}

// stream hides that its content can be sought.
type stream struct{ r *bytes.Reader }

func (s stream) Read(p []byte) (int, error) { return s.r.Read(p) }

func ptr[T any](v T) *T { return &v }
