// Package blobtest is the contract of blob.Store as tests: every backend runs
// it, so that callers may rely on one behaviour whatever lies beneath.
package blobtest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sagebrush/sagebrush/blob"
)

// Account owns the buckets that the suite makes.
const Account = "123456789012"

// suite is one backend under test.
type suite struct {
	store blob.Store
	n     atomic.Int64
}

// Run runs the whole contract on the store that open gives, which holds nothing
// yet of what the suite makes. Tests use buckets of their own and run in parallel.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	s := &suite{store: open(t)}
	for _, c := range []struct {
		name string
		run  func(*suite, *testing.T)
	}{
		{"Buckets", (*suite).buckets},
		{"PutGet", (*suite).putGet},
		{"Keys", (*suite).keys},
		{"Ranges", (*suite).ranges},
		{"Digests", (*suite).digests},
		{"FailedBody", (*suite).failedBody},
		{"Conditions", (*suite).conditions},
		{"ConditionRace", (*suite).conditionRace},
		{"ReaderSeesItsVersion", (*suite).readerSeesItsVersion},
		{"DeleteMany", (*suite).deleteMany},
		{"Tags", (*suite).tags},
		{"Copy", (*suite).copies},
		{"List", (*suite).list},
		{"ListModel", (*suite).listModel},
		{"Multipart", (*suite).multipart},
		{"MultipartErrors", (*suite).multipartErrors},
		{"MultipartChecksums", (*suite).multipartChecksums},
		{"Uploads", (*suite).uploads},
		{"Localize", (*suite).localize},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(s, t)
		})
	}
}

// bucket makes a bucket for one test.
func (s *suite) bucket(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("contract-%d", s.n.Add(1))
	if err := s.store.CreateBucket(ctx(t), blob.Bucket{Name: name, Account: Account, Region: "us-east-1"}); err != nil {
		t.Fatal(err)
	}
	return name
}

// put stores content or ends the test.
func (s *suite) put(t *testing.T, bucket, key, content string) blob.Info {
	t.Helper()
	i, err := s.store.Put(ctx(t), bucket, key, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return i
}

// content reads an object or ends the test.
func (s *suite) content(t *testing.T, bucket, key string) string {
	t.Helper()
	return s.section(t, bucket, key, nil)
}

func (s *suite) section(t *testing.T, bucket, key string, r *blob.Range) string {
	t.Helper()
	rc, _, err := s.store.Get(ctx(t), bucket, key, r)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	defer rc.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, rc); err != nil {
		t.Fatalf("read %q: %v", key, err)
	}
	return b.String()
}

func ctx(t *testing.T) context.Context { return t.Context() }

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// filler is n bytes that are not all alike.
func filler(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + i>>16)
	}
	return string(b)
}
