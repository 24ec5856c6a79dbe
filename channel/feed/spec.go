package feed

import (
	"encoding/gob"
	"io"

	"github.com/sagebrush/sagebrush/blob/s3client"
	"github.com/sagebrush/sagebrush/channel/order"
)

// Names in a feeder's directory, see the package comment.
const (
	lockFile    = "lock"
	specFile    = "spec.json"
	secretFile  = "s3.json"
	failureFile = "failure.json"
	sockFile    = "sock"
	errorFile   = "feeder.err"
	// PinDir holds the pinned content files.
	PinDir = "pins"
	// PackFile is the file in PinDir that holds the small contents.
	PackFile = "pack"
)

// Spec is what a feeder delivers.
type Spec struct {
	// ID is the job's.
	ID     string
	Pipes  []PipeSpec
	Mounts []MountSpec
}

// PipeSpec is a channel in Pipe mode on one host.
type PipeSpec struct {
	Channel string
	// Dir is where the pipes appear: the host's input/data.
	Dir string
	// Set is the file in the feeder's directory that lists the channel's items.
	Set   string
	Share order.Share
	// Seed shuffles, nil for the order of the list.
	Seed *int64
	// Gzip decompresses objects, RecordIO makes a record of each.
	Gzip, RecordIO bool
}

// MountSpec is a channel in FastFile mode on one host.
type MountSpec struct {
	Channel string
	// Dir is where the file system appears; it exists.
	Dir string
	// Set and Share as in PipeSpec.
	Set   string
	Share order.Share
}

// Item is what is shuffled and shared out whole: an object, or a line of an
// augmented manifest.
type Item struct {
	// Name is the path in a FastFile channel.
	Name string
	// Contents follow one another, each a record of its own.
	Contents []Content
}

// Content is the bytes of an object, or of an attribute's value.
type Content struct {
	// Pieces are where a pinned content lies, in order.
	Pieces []Piece
	// Size in bytes, -1 when only the external S3 knows.
	Size int64
	// Bucket and Key name the object, "" for a value that is none. Without Pieces
	// it is read from the external S3.
	Bucket, Key string
	// ETag that the object must still have, "" for any.
	ETag string
	// Modified is when the object was written, in Unix seconds, 0 when unknown.
	Modified int64
}

// Piece is a range of a file in PinDir.
type Piece struct {
	File           string
	Offset, Length int64
}

// SetWriter writes the list of a channel's items.
type SetWriter struct{ enc *gob.Encoder }

// NewSetWriter writes to w, which should be buffered.
func NewSetWriter(w io.Writer) *SetWriter { return &SetWriter{gob.NewEncoder(w)} }

// Add appends an item.
func (w *SetWriter) Add(i *Item) error { return w.enc.Encode(i) }

// readSet reads all items of a list.
func readSet(r io.Reader) ([]Item, error) {
	var items []Item
	for dec := gob.NewDecoder(r); ; {
		var i Item
		if err := dec.Decode(&i); err == io.EOF {
			return items, nil
		} else if err != nil {
			return nil, err
		}
		items = append(items, i)
	}
}

// Secret is how a feeder reaches an external S3.
type Secret struct {
	Endpoint, Region, Account                  string
	AccessKeyID, SecretAccessKey, SessionToken string
	VirtualHost                                bool
}

// SecretOf is what a feeder needs of the server's own client.
func SecretOf(o s3client.Options) Secret {
	return Secret{Endpoint: o.Endpoint, Region: o.Region, Account: o.Account, AccessKeyID: o.AccessKeyID,
		SecretAccessKey: o.SecretAccessKey, SessionToken: o.SessionToken, VirtualHost: o.VirtualHost}
}

// options is the opposite of SecretOf.
func (s Secret) options() s3client.Options {
	return s3client.Options{Endpoint: s.Endpoint, Region: s.Region, Account: s.Account, AccessKeyID: s.AccessKeyID,
		SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken, VirtualHost: s.VirtualHost}
}
