package s3

import (
	"errors"

	"github.com/sagebrush/sagebrush/blob"
)

// putOrCopyObject tells PutObject from CopyObject.
func (q *request) putOrCopyObject() error {
	if q.header("X-Amz-Copy-Source") != "" {
		return q.copyObject()
	}
	return q.putObject()
}

// putObject stores the body.
func (q *request) putObject() error {
	body, o, err := q.content()
	if err != nil {
		return err
	}
	if err := q.writeConditions(&o); err != nil {
		return err
	}
	if o.Info, err = q.info(); err != nil {
		return err
	}
	i, err := q.h.store.Put(q.r.Context(), q.bucket, q.key, body, o)
	if err != nil {
		return q.writeError(err, o)
	}
	q.set("Etag", etag(i.ETag))
	q.showStored(i)
	q.showChecksums(i.Checksums, i.ChecksumType)
	q.set("Content-Length", "0")
	q.w.WriteHeader(200)
	return nil
}

// writeError names the condition or the key that an upload failed for.
func (q *request) writeError(err error, o blob.PutOptions) error {
	if !errors.Is(err, blob.ErrPreconditionFailed) {
		return q.keyError(err)
	}
	if o.IfMatch != "" {
		return failedCondition("If-Match")
	}
	return failedCondition("If-None-Match")
}

// keyError adds the key to errors about it.
func (q *request) keyError(err error) error {
	e := toError(err)
	if e.Code == "NoSuchKey" {
		e.Key = q.key
	}
	return e
}

// version refuses version ids; there is only "null".
func (q *request) version() error {
	if v := q.query.Get("versionId"); v != "" && v != "null" {
		return invalidArgument("versionId", v, "Invalid version id specified")
	}
	return nil
}

// head reads the object's record.
func (q *request) head() (blob.Info, error) {
	if err := q.version(); err != nil {
		return blob.Info{}, err
	}
	i, err := q.h.store.Head(q.r.Context(), q.bucket, q.key)
	if err != nil {
		return i, q.keyError(err)
	}
	return i, nil
}
