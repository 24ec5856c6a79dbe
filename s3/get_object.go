package s3

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
)

// getObject answers GetObject and HeadObject.
func (q *request) getObject() error {
	if err := q.version(); err != nil {
		return err
	}
	ctx, rng, part := q.r.Context(), parseRange(q.header("Range")), 0
	if q.query.Has("partNumber") {
		var err error
		if part, err = q.number("partNumber", 1, 1, blob.MaxParts); err != nil {
			return err
		}
		if q.header("Range") != "" {
			return newError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
		}
	}
	var info blob.Info
	var body io.ReadCloser
	var rangeErr, err error
	var p blob.Part
	for {
		if part > 0 {
			if p, rng, err = q.part(part); err != nil {
				return err
			}
		}
		if q.r.Method == http.MethodHead || rng != nil && q.header("If-Range") != "" {
			if info, err = q.h.store.Head(ctx, q.bucket, q.key); err == nil && !q.ifRange(info) {
				rng = nil
			}
		}
		if err == nil && q.r.Method != http.MethodHead {
			body, info, err = q.h.store.Get(ctx, q.bucket, q.key, rng)
		}
		if part > 0 && err == nil && (info.Parts > 0) != (rng != nil) {
			if body != nil {
				body.Close() // the object changed between the two looks
			}
			continue
		}
		break
	}
	if errors.Is(err, blob.ErrInvalidRange) {
		rangeErr, err = err, nil
	}
	if err != nil {
		return q.keyError(err)
	}
	if body != nil {
		defer body.Close()
	}
	return q.answerObject(info, body, rng, rangeErr, p)
}

// answerObject decides the conditions and writes headers and content.
func (q *request) answerObject(info blob.Info, body io.Reader, rng *blob.Range, rangeErr error, part blob.Part) error {
	if failed, notModified := q.readConditions("").check(info); failed != "" {
		if !notModified {
			return failedCondition(failed)
		}
		q.set("Etag", etag(info.ETag))
		q.set("Last-Modified", info.LastModified.UTC().Format(http.TimeFormat))
		return codeError("NotModified")
	}
	offset, length, err := rng.Resolve(info.Size)
	if rangeErr != nil || err != nil && part.Number == 0 {
		e := codeError("InvalidRange")
		e.RangeRequested, e.ActualObjectSize = q.header("Range"), &info.Size
		e.Headers = map[string]string{"Content-Range": "bytes */" + strconv.FormatInt(info.Size, 10)}
		return e
	}
	q.showInfo(info)
	q.override()
	if strings.EqualFold(q.header("X-Amz-Checksum-Mode"), "ENABLED") {
		switch {
		case part.Number > 0 && info.Parts > 0:
			q.showChecksums(part.Checksums, info.ChecksumType)
		case rng == nil || part.Number > 0:
			q.showChecksums(info.Checksums, info.ChecksumType)
		}
	}
	if part.Number > 0 && info.Parts > 0 {
		q.set("X-Amz-Mp-Parts-Count", strconv.Itoa(info.Parts))
	}
	status := http.StatusOK
	if rng != nil && length > 0 {
		status = http.StatusPartialContent
		q.set("Content-Range", contentRange(offset, length, info.Size))
	}
	q.set("Content-Length", strconv.FormatInt(length, 10))
	q.w.WriteHeader(status)
	if body == nil {
		return nil
	}
	// The reader hands its file to the connection where it can (sendfile).
	if n, err := io.Copy(q.w, body); n != length && q.r.Context().Err() == nil {
		// The answer is under way: all that is left is to break it off, which
		// the server does when fewer bytes come than were announced.
		q.h.options.Logger.Warn("object not sent in full", "id", q.id, "bucket", q.bucket, "sent", n, "of", length, "err", err)
	}
	return nil
}

// part is one part of the object and its place. An object that was not uploaded
// in parts is its only part.
func (q *request) part(number int) (blob.Part, *blob.Range, error) {
	parts, err := q.h.store.ObjectParts(q.r.Context(), q.bucket, q.key)
	if err != nil {
		return blob.Part{}, nil, q.keyError(err)
	}
	if parts == nil && number == 1 {
		return blob.Part{Number: 1}, nil, nil
	}
	var offset int64
	for i, p := range parts {
		if i+1 == number {
			p.Number = number
			return p, &blob.Range{Offset: offset, Length: p.Size}, nil
		}
		offset += p.Size
	}
	return blob.Part{}, nil, codeError("InvalidPartNumber")
}

// ifRange tells whether the Range header holds for the object as it is now.
func (q *request) ifRange(i blob.Info) bool {
	v := q.header("If-Range")
	if t, ok := date(v); ok {
		return second(i.LastModified).Equal(t)
	}
	return v == "" || matches(v, i.ETag)
}

// override sets the headers that response-* parameters ask for.
func (q *request) override() {
	for _, name := range []string{"Content-Type", "Content-Language", "Expires", "Cache-Control", "Content-Disposition", "Content-Encoding"} {
		if v := q.query.Get("response-" + strings.ToLower(name)); v != "" {
			q.w.Header().Set(name, v)
		}
	}
}
