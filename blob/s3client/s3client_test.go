package s3client_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/blobtest"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/blob/s3client"
	"github.com/sagebrush/sagebrush/s3"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// setup is a client of our own server, which stands for the external one.
func setup(t *testing.T, secret string) (*s3client.Store, string) {
	t.Helper()
	backend, err := dir.New(storetest.SQLite(t), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	lookup := func(context.Context, string, string) (sigv4.Secret, error) {
		return sigv4.Secret{SecretAccessKey: "right", Caller: aws.Caller{Scope: aws.Scope{Account: "999999999999"}}}, nil
	}
	server := httptest.NewServer(s3.NewHandler(backend, s3.Options{Lookup: lookup}))
	t.Cleanup(server.Close)
	temp := t.TempDir()
	s, err := s3client.New(s3client.Options{Endpoint: server.URL, Region: "us-east-1", AccessKeyID: "AKID", SecretAccessKey: secret,
		Account: blobtest.Account, TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	return s, temp
}

func TestContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		s, _ := setup(t, "right")
		return s
	})
}

// TestSpool: uploads beyond the memory limit go through a file that does not stay.
func TestSpool(t *testing.T) {
	t.Parallel()
	s, temp := setup(t, "right")
	ctx := t.Context()
	if err := s.CreateBucket(ctx, blob.Bucket{Name: "spool"}); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("0123456789abcdef", (s3client.SpoolMemory+1000)/16)
	i, err := s.Put(ctx, "spool", "k", strings.NewReader(big), blob.PutOptions{Size: -1})
	if err != nil || i.Size != int64(len(big)) {
		t.Fatalf("%+v, %v", i, err)
	}
	if _, err := s.Put(ctx, "spool", "k", strings.NewReader(big), blob.PutOptions{Size: -1, MD5: make([]byte, 16)}); !errors.Is(err, blob.ErrBadDigest) {
		t.Errorf("wrong digest: %v", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestStrangers: another account makes no buckets in the configured one's store.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, "right")
	err := s.CreateBucket(t.Context(), blob.Bucket{Name: "theirs", Account: "210987654321"})
	if aws.CodeOf(err) != aws.AccessDeniedException {
		t.Errorf("got %v", err)
	}
	if list, err := s.ListBuckets(t.Context(), ""); err != nil || len(list) > 0 {
		t.Errorf("buckets %v, %v", list, err)
	}
}

// TestAway: a store that is away may answer later.
func TestAway(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	s, err := s3client.New(s3client.Options{Endpoint: gone.URL, Region: "us-east-1", AccessKeyID: "AKID", SecretAccessKey: "x", Account: blobtest.Account})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetBucket(t.Context(), "data"); aws.CodeOf(err) != aws.ServiceUnavailable {
		t.Errorf("got %v", err)
	}
}

// TestRefused: the external store's refusal names what to check.
func TestRefused(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, "wrong")
	_, err := s.ListBuckets(t.Context(), "")
	if aws.CodeOf(err) != aws.AccessDeniedException || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("got %v", err)
	}
	if _, err := s3client.New(s3client.Options{}); err == nil {
		t.Error("a client without credentials was made")
	}
}
