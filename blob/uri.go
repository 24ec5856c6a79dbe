package blob

import (
	"fmt"
	"strings"
)

// ParseURI is the bucket and the key, or prefix, of s3://bucket/key. The error
// is a sentence for the user who wrote the URI; the https form that some of the
// API's patterns admit is refused, because it names no bucket unambiguously.
func ParseURI(uri string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	bucket, key, _ = strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return "", "", fmt.Errorf("the S3 URI %q is not of the form s3://bucket/key", uri)
	}
	return bucket, key, nil
}
