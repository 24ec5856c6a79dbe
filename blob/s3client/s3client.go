// Package s3client is a blob.Store over an external S3 (Amazon's or another
// server that speaks its protocol): --s3-endpoint sends artifacts and data there
// instead of the local disk.
//
// An upload is first written to memory or, beyond SpoolMemory, to a temporary
// file: so its digests are checked before anything is sent, and a request that
// fails on the way can be sent again. What the external store says is believed;
// its errors come back as those of package blob.
package s3client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	awsv2 "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/sagebrush/sagebrush/blob"
)

// SpoolMemory is the size in bytes up to which uploads wait in memory.
const SpoolMemory = 8 << 20

// bucketLife is how long what is known of a bucket is believed.
const bucketLife = 5 * time.Second

// Options of New.
type Options struct {
	// Endpoint is the URL of the store, "" for Amazon's own.
	Endpoint string
	// Region to sign for.
	Region string
	// The credentials; SessionToken may be "".
	AccessKeyID, SecretAccessKey, SessionToken string
	// Account is the account of this server that the external buckets count as;
	// others see none of them.
	Account string
	// VirtualHost addresses buckets by host name; otherwise by path, which every
	// server understands.
	VirtualHost bool
	// TempDir holds uploads on their way, "" for the system's.
	TempDir string
	// HTTPClient, nil for the SDK's own.
	HTTPClient *http.Client
}

// Store is a blob.Store. Make it with New.
type Store struct {
	client  *s3.Client
	options Options

	mu      sync.Mutex
	buckets map[string]known
}

// known is a bucket's record as it was read.
type known struct {
	b    blob.Bucket
	read time.Time
}

var _ blob.Store = (*Store)(nil)

// New makes a client; nothing is sent yet.
func New(o Options) (*Store, error) {
	switch {
	case o.Region == "":
		return nil, errors.New("s3client: a region to sign for is needed")
	case o.AccessKeyID == "" || o.SecretAccessKey == "":
		return nil, errors.New("s3client: credentials for the external S3 are needed")
	case o.Account == "":
		return nil, errors.New("s3client: the account that owns the external buckets is needed")
	}
	so := s3.Options{
		Region:       o.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(o.AccessKeyID, o.SecretAccessKey, o.SessionToken),
		UsePathStyle: !o.VirtualHost,
		Logger:       logging.Nop{},
		// Checksums are sent when the caller wants them; the MD5 always is.
		RequestChecksumCalculation: awsv2.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: awsv2.ResponseChecksumValidationWhenRequired,

		DisableLogOutputChecksumValidationSkipped: true,
	}
	if o.Endpoint != "" {
		so.BaseEndpoint = &o.Endpoint
	}
	if o.HTTPClient != nil {
		so.HTTPClient = o.HTTPClient
	}
	return &Store{client: s3.New(so), options: o, buckets: map[string]known{}}, nil
}

// optional is a pointer to s, nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// quoted is an ETag for a header, nil for "".
func quoted(etag string) *string {
	if etag == "" || etag == "*" {
		return optional(etag)
	}
	return awsv2.String(`"` + etag + `"`)
}

// bucketOf is GetBucket through the cache.
func (s *Store) bucketOf(ctx context.Context, name string) (blob.Bucket, error) {
	s.mu.Lock()
	k, ok := s.buckets[name]
	s.mu.Unlock()
	if ok && time.Since(k.read) < bucketLife {
		return k.b, nil
	}
	b, err := s.readBucket(ctx, name)
	if err == nil {
		s.mu.Lock()
		s.buckets[name] = known{b, time.Now()}
		s.mu.Unlock()
	}
	return b, err
}

// forget drops a bucket from the cache.
func (s *Store) forget(name string) {
	s.mu.Lock()
	delete(s.buckets, name)
	s.mu.Unlock()
}

func noBucket(name string) error { return fmt.Errorf("%w: %s", blob.ErrNoSuchBucket, name) }

// Options are those that New was given: what another process needs to be the
// same client.
func (s *Store) Options() Options { return s.options }
