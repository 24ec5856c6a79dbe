package blob

import "context"

// Located is what a store on local disk knows of an object's content.
type Located struct {
	Key  string
	ETag string
	// Size in bytes.
	Size int64
	// Missing says that there is no such object; nothing else is set then.
	Missing bool
	// Body is the content of a small object. It belongs to the caller.
	Body []byte
	// Files hold, one after the other, the content of any other object. They are
	// immutable and must be opened for reading only. A file goes away with the last
	// object that needs it; who links or opens it and finds it gone locates the
	// object again.
	Files []File
}

// File is a file of this machine.
type File struct {
	Path string
	// Size in bytes.
	Size int64
}

// Locator is what a Store on local disk has besides: looking up many objects at
// once, so that reading ten thousand small ones costs a few queries, and their
// files can be linked or copied by the quickest means.
type Locator interface {
	// Locate answers one Located for each key, in order. Without content, Body and
	// Files stay empty. ErrNoSuchBucket when the bucket is missing.
	Locate(ctx context.Context, bucket string, keys []string, content bool) ([]Located, error)
}
