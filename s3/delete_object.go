package s3

import (
	"encoding/xml"
	"errors"

	"github.com/sagebrush/sagebrush/blob"
)

// deleteObject removes an object; there need not be one.
func (q *request) deleteObject() error {
	if err := q.version(); err != nil {
		return err
	}
	if q.header("If-Match") != "" || q.header("X-Amz-If-Match-Last-Modified-Time") != "" || q.header("X-Amz-If-Match-Size") != "" {
		return notImplemented("A conditional delete")
	}
	if err := q.h.store.Delete(q.r.Context(), q.bucket, q.key); err != nil {
		return err
	}
	q.w.WriteHeader(204)
	return nil
}

type deleteError struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      string
	Message   string
}

type deleted struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
}

// deleteObjects removes up to 1,000 objects in one commit.
func (q *request) deleteObjects() error {
	data, o, err := q.document(maxListXML)
	if err != nil {
		return err
	}
	if o.MD5 == nil && len(o.Checksums) == 0 {
		return newError("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	var doc struct {
		Object []struct {
			Key, VersionId, ETag   string
			LastModifiedTime, Size *string
		}
		Quiet bool
	}
	data, restore := lenient(data)
	if err := parseXML(data, "Delete", &doc); err != nil {
		return err
	}
	if len(doc.Object) == 0 || len(doc.Object) > blob.MaxPageSize {
		return codeError("MalformedXML")
	}
	result := struct {
		XMLName   xml.Name `xml:"DeleteResult"`
		Namespace string   `xml:"xmlns,attr"`
		Deleted   []deleted
		Error     []deleteError
	}{Namespace: namespace}
	var keys []string
	for _, d := range doc.Object {
		d.Key = restore(d.Key)
		var refused *apiError
		switch {
		case d.Key == "":
			refused = newError("UserKeyMustBeSpecified", "The bucket POST must contain the specified field name. If it is specified, check the order of the fields.")
		case d.ETag != "" || d.LastModifiedTime != nil || d.Size != nil:
			refused = notImplemented("A conditional delete")
		case d.VersionId != "" && d.VersionId != "null":
			refused = codeError("NoSuchVersion")
		default:
			errors.As(validKey(d.Key), &refused)
		}
		if refused != nil {
			result.Error = append(result.Error, deleteError{d.Key, d.VersionId, refused.Code, refused.Message})
			continue
		}
		keys = append(keys, d.Key)
		if !doc.Quiet {
			result.Deleted = append(result.Deleted, deleted{d.Key, d.VersionId})
		}
	}
	if len(keys) > 0 {
		if err := q.h.store.Delete(q.r.Context(), q.bucket, keys...); err != nil {
			return err
		}
	}
	q.writeXML(200, result)
	return nil
}
