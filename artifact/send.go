package artifact

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sagebrush/sagebrush/blob"
)

const (
	// partSize is what one part of a large object holds: 10,000 of them make 2.4
	// TiB. It is also what a backend may have to spool.
	partSize = 256 << 20
	// headSize is read before an object of unknown size is uploaded in parts.
	headSize = 8 << 20
)

// Object is where something goes.
type Object struct {
	Store       blob.Store
	Bucket, Key string
	// ContentType of the object, "" for none.
	ContentType string

	part int64 // what one part holds, 0 for partSize; tests take less
}

// partSize is what one part of the object holds.
func (o Object) partSize() int64 {
	if o.part > 0 {
		return o.part
	}
	return partSize
}

// Send uploads body. size is its length, -1 when unknown; blob.ErrIncomplete when
// it ends before. Large objects go in parts, so none is too large for one Put,
// and nothing is left of an upload that fails.
func (o Object) Send(ctx context.Context, body io.Reader, size int64) (etag string, err error) {
	if err := blob.ValidKey(o.Key); err != nil {
		return "", err
	}
	options := blob.PutOptions{Size: size, Info: blob.Info{ContentType: o.ContentType}}
	switch {
	case size >= 0:
		body = io.LimitReader(body, size) // the file may have grown
	default:
		var head bytes.Buffer
		if size, err = io.CopyN(&head, body, headSize); err == io.EOF {
			options.Size, body = size, &head
		} else if err != nil {
			return "", err
		} else {
			size, body = -1, io.MultiReader(&head, body)
		}
	}
	if size >= 0 && size <= o.partSize() {
		info, err := o.Store.Put(ctx, o.Bucket, o.Key, body, options)
		return info.ETag, err
	}
	return o.sendParts(ctx, body, options)
}

// sendParts uploads body in parts and makes them visible at once.
func (o Object) sendParts(ctx context.Context, body io.Reader, options blob.PutOptions) (etag string, err error) {
	up, err := o.Store.CreateUpload(ctx, o.Bucket, o.Key, options, "", "")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			// Also when ctx has ended: what the parts hold is of no use to anybody.
			err = errors.Join(err, o.Store.AbortUpload(context.WithoutCancel(ctx), o.Bucket, o.Key, up.ID))
		}
	}()
	in := bufio.NewReader(body)
	var parts []blob.Part
	var sent int64
	for {
		if _, err := in.Peek(1); err == io.EOF {
			break
		} else if err != nil {
			return "", err
		}
		if len(parts) == blob.MaxParts {
			return "", fmt.Errorf("%w: more than %d bytes", blob.ErrTooLarge, sent)
		}
		part, err := o.Store.PutPart(ctx, o.Bucket, o.Key, up.ID, len(parts)+1, io.LimitReader(in, o.partSize()), blob.PutOptions{Size: -1})
		if err != nil {
			return "", err
		}
		parts = append(parts, blob.Part{Number: part.Number, ETag: part.ETag})
		sent += part.Size
	}
	if options.Size >= 0 && sent != options.Size {
		return "", fmt.Errorf("%w: %d of %d bytes", blob.ErrIncomplete, sent, options.Size)
	}
	info, err := o.Store.CompleteUpload(ctx, o.Bucket, o.Key, up.ID, parts, blob.PutOptions{Size: -1})
	return info.ETag, err
}
