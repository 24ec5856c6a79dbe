// Package blob is the object storage seam: buckets of immutable objects under
// keys of up to 1,024 bytes, any UTF-8, "a" beside "a/b". The directory
// backend (blob/dir) keeps them on local disk with their index in the store;
// the client backend (blob/s3client) passes everything to an external S3.
// The S3 protocol itself is package s3.
//
// A bucket belongs to the account that made it; the name is unique in the whole
// server, as it is in AWS. Callers check ownership through Bucket.Account.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// Errors that every backend answers, wrapped with details.
var (
	ErrNoSuchBucket       = errors.New("blob: no such bucket")
	ErrNoSuchKey          = errors.New("blob: no such key")
	ErrNoSuchUpload       = errors.New("blob: no such multipart upload")
	ErrBucketExists       = errors.New("blob: bucket exists")
	ErrBucketNotEmpty     = errors.New("blob: bucket not empty")
	ErrPreconditionFailed = errors.New("blob: precondition failed")
	ErrInvalidRange       = errors.New("blob: range not satisfiable")
	ErrInvalidPart        = errors.New("blob: invalid part")
	ErrInvalidKey         = errors.New("blob: invalid key")
	ErrBadDigest          = errors.New("blob: content does not match its digest")
	ErrNoSpace            = errors.New("blob: no space left on the storage device")
	// ErrPartTooSmall refuses a part below MinPart that is not the last.
	ErrPartTooSmall = errors.New("blob: part too small")
	// ErrPartOrder refuses a part list that is not ascending.
	ErrPartOrder = errors.New("blob: parts not in ascending order")
	// ErrTooLarge refuses content beyond MaxPut.
	ErrTooLarge = errors.New("blob: content too large")
	// ErrIncomplete is a body that ended before its announced size.
	ErrIncomplete = errors.New("blob: content ended early")
)

// Limits that every backend keeps, S3's own.
const (
	MaxKey      = 1024    // bytes of a key
	MinPart     = 5 << 20 // bytes of every part but the last
	MaxParts    = 10000   // the highest part number
	MaxPut      = 5 << 30 // bytes of one Put or PutPart
	MaxPageSize = 1000    // entries of one Listing
)

// ValidKey is nil when key may name an object: 1 to MaxKey bytes of valid UTF-8.
func ValidKey(key string) error {
	if key == "" || len(key) > MaxKey || !utf8.ValidString(key) {
		return fmt.Errorf("%w: a key has 1 to %d bytes of valid UTF-8", ErrInvalidKey, MaxKey)
	}
	return nil
}

// Bucket is a bucket's own record.
type Bucket struct {
	Name      string
	Account   string
	Region    string
	CreatedAt time.Time
	// Tags of the bucket, nil when there are none.
	Tags map[string]string
}

// Info is everything about an object but its content.
type Info struct {
	Key string
	// Size in bytes.
	Size int64
	// ETag without quotes: the MD5 of the content in hex, or md5-of-md5s "-n"
	// for multipart uploads.
	ETag         string
	LastModified time.Time
	ContentType  string
	// Headers are the other system headers stored with it, canonical HTTP names
	// (Cache-Control, Content-Encoding, Content-Disposition, Content-Language,
	// Expires, X-Amz-Storage-Class, X-Amz-Server-Side-Encryption, …).
	Headers map[string]string
	// Metadata is the user's (x-amz-meta-…), keys in lower case.
	Metadata map[string]string
	// Checksums by algorithm ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"), base64.
	Checksums map[string]string
	// ChecksumType is "FULL_OBJECT" or "COMPOSITE", "" without checksums.
	ChecksumType string
	Tags         map[string]string
	// Parts is the number of parts of a multipart object, 0 otherwise; see
	// Store.ObjectParts.
	Parts int
}

// PutOptions go with an upload.
type PutOptions struct {
	// Info carries ContentType, Headers, Metadata, Tags; the rest is computed.
	Info Info
	// Size is the content's length, -1 when unknown.
	Size int64
	// MD5 (raw) and Checksums (base64 by algorithm) that the content must match;
	// a checksum algorithm with an empty value is computed and stored. Trailer,
	// when set, is called after the content was read and adds to Checksums.
	MD5       []byte
	Checksums map[string]string
	Trailer   func() (map[string]string, error)
	// IfNoneMatch "*" refuses to overwrite; IfMatch wants the current ETag (or
	// "*", any object). IfMatch on a missing key is ErrNoSuchKey. Both are decided
	// in the moment the object becomes visible.
	IfNoneMatch, IfMatch string
	// SourceETag, in Copy only, refuses a source that has another ETag by now.
	SourceETag string
}

// Range of bytes; Length -1 reaches to the end. A negative Offset means the last
// -Offset bytes, whatever Length.
type Range struct{ Offset, Length int64 }

// ListOptions select keys in byte order.
type ListOptions struct {
	Prefix, Delimiter string
	// After is exclusive: keys (and common prefixes) greater than it.
	After string
	Max   int
}

// Listing is one page.
type Listing struct {
	Objects        []Info // Key, Size, ETag, LastModified, ChecksumType and names of Checksums
	CommonPrefixes []string
	// Next is the After of the following page, "" at the end.
	Next string
}

// UploadListOptions select multipart uploads in order of key and id.
type UploadListOptions struct {
	ListOptions
	// AfterID, with After, starts behind one upload of the key After. Without it
	// all uploads of that key are skipped.
	AfterID string
}

// UploadListing is one page.
type UploadListing struct {
	Uploads        []Upload
	CommonPrefixes []string
	// Next and NextID are After and AfterID of the following page, "" at the end.
	Next, NextID string
}

// Upload is a multipart upload that is under way.
type Upload struct {
	Key, ID     string
	InitiatedAt time.Time
	// ChecksumAlgorithm and ChecksumType as asked for at creation.
	ChecksumAlgorithm, ChecksumType string
	Info                            Info
}

// Part of a multipart upload.
type Part struct {
	Number       int
	Size         int64
	ETag         string
	LastModified time.Time
	Checksums    map[string]string
}

// Store is an object store. What a call acknowledged is on disk. All methods
// are safe for concurrent use.
type Store interface {
	CreateBucket(ctx context.Context, b Bucket) error
	GetBucket(ctx context.Context, name string) (Bucket, error)
	// ListBuckets lists the buckets of one account by name; account "" lists all.
	ListBuckets(ctx context.Context, account string) ([]Bucket, error)
	SetBucketTags(ctx context.Context, name string, tags map[string]string) error
	DeleteBucket(ctx context.Context, name string) error

	Put(ctx context.Context, bucket, key string, body io.Reader, o PutOptions) (Info, error)
	// Get opens the object; r nil is the whole of it. The reader sees the object
	// as it was when opened, whatever is written meanwhile. Info is of the whole
	// object, and filled in with ErrInvalidRange as well.
	Get(ctx context.Context, bucket, key string, r *Range) (io.ReadCloser, Info, error)
	Head(ctx context.Context, bucket, key string) (Info, error)
	// Delete succeeds when there is nothing to delete.
	Delete(ctx context.Context, bucket string, keys ...string) error
	// Copy makes bucket/key equal to the source. The source's metadata and tags go
	// with it unless replaced by o.Info's. Names in o.Checksums are computed.
	Copy(ctx context.Context, srcBucket, srcKey, bucket, key string, o PutOptions, replaceMetadata, replaceTags bool) (Info, error)
	SetTags(ctx context.Context, bucket, key string, tags map[string]string) error
	List(ctx context.Context, bucket string, o ListOptions) (Listing, error)
	// ObjectParts are the parts an object was uploaded in, in order (Number, Size
	// and Checksums), nil when it was not uploaded in parts. A backend that cannot
	// know them answers errors.ErrUnsupported.
	ObjectParts(ctx context.Context, bucket, key string) ([]Part, error)

	CreateUpload(ctx context.Context, bucket, key string, o PutOptions, checksumAlgorithm, checksumType string) (Upload, error)
	GetUpload(ctx context.Context, bucket, key, id string) (Upload, error)
	PutPart(ctx context.Context, bucket, key, id string, number int, body io.Reader, o PutOptions) (Part, error)
	ListParts(ctx context.Context, bucket, key, id string, afterNumber, max int) ([]Part, error)
	ListUploads(ctx context.Context, bucket string, o UploadListOptions) (UploadListing, error)
	// CompleteUpload makes one object of the listed parts (ascending; Number and
	// ETag, and Checksums to be checked when given), in no more time than it takes
	// to note them. o carries the conditions, the Size and the Checksums wanted.
	CompleteUpload(ctx context.Context, bucket, key, id string, parts []Part, o PutOptions) (Info, error)
	AbortUpload(ctx context.Context, bucket, key, id string) error
}

// Localizer is what a Store may have besides: writing an object to a local file
// by the quickest means (a clone or a copy inside the kernel). dst is created or
// replaced; its directory exists. Without it, copy from Get.
type Localizer interface {
	Localize(ctx context.Context, bucket, key, dst string) (Info, error)
}
