package channel

import (
	"errors"

	"github.com/sagebrush/sagebrush/blob"
)

// splitObject is blob.ParseURI for a URI that must name one object.
func splitObject(uri string) (bucket, key string, err error) {
	bucket, key, err = blob.ParseURI(uri)
	if err == nil && key == "" {
		err = errors.New("it names a bucket and no object")
	}
	return bucket, key, err
}
