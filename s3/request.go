package s3

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/blob"
)

// request is one request on its way through the handler.
type request struct {
	h  *Handler
	w  http.ResponseWriter
	r  *http.Request
	id string
	// bucket and key as addressed, "" when not.
	bucket, key string
	query       url.Values
	signed      *sigv4.Signed
	// b is the bucket's record, checked to be the caller's.
	b blob.Bucket
}

// parseQuery reads a query string once; S3 knows no ";".
func parseQuery(raw string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, newError("InvalidURI", "Couldn't parse the query string of the URI.")
	}
	return q, nil
}

// ownBucket reads a bucket and refuses it unless it is the caller's and, when
// expected is not "", that account's.
func (q *request) ownBucket(name, expected string) (blob.Bucket, error) {
	b, err := q.h.store.GetBucket(q.r.Context(), name)
	if errors.Is(err, blob.ErrNoSuchBucket) {
		e := codeError("NoSuchBucket")
		e.BucketName = name
		return b, e
	}
	if err != nil {
		return b, err
	}
	if b.Account != q.signed.Caller.Account || expected != "" && expected != b.Account {
		e := codeError("AccessDenied")
		e.Headers = map[string]string{"X-Amz-Bucket-Region": b.Region}
		return b, e
	}
	return b, nil
}

// header is a request header, without spaces around it.
func (q *request) header(name string) string { return strings.TrimSpace(q.r.Header.Get(name)) }

// set sets an answer's header unless value is "".
func (q *request) set(name, value string) {
	if value != "" {
		q.w.Header().Set(name, value)
	}
}

// etag is how headers and XML quote an ETag.
func etag(s string) string { return `"` + s + `"` }
