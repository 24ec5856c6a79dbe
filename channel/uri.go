package channel

import (
	"errors"
	"fmt"
	"strings"
)

// splitURI is bucket and key, or prefix, of s3://bucket/key.
func splitURI(uri string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	if !ok {
		return "", "", fmt.Errorf("%q does not begin with s3://", uri)
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if bucket == "" {
		return "", "", fmt.Errorf("%q names no bucket", uri)
	}
	return bucket, key, nil
}

// splitObject is splitURI for a URI that must name one object.
func splitObject(uri string) (bucket, key string, err error) {
	bucket, key, err = splitURI(uri)
	if err == nil && key == "" {
		err = errors.New("it names a bucket and no object")
	}
	return bucket, key, err
}
