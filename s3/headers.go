package s3

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/blob"
)

// maxMetadata is the size of all user metadata together, names and values, in bytes.
const maxMetadata = 2 << 10

// storedHeaders are the system headers that go with an object besides its
// content type.
var storedHeaders = [...]string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

// amazonHeaders are those of Amazon's that are stored and answered, but mean
// nothing here.
var amazonHeaders = [...]string{"X-Amz-Storage-Class", "X-Amz-Website-Redirect-Location", "X-Amz-Server-Side-Encryption",
	"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"}

// storageClasses are the values of x-amz-storage-class.
const storageClasses = " STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE OUTPOSTS GLACIER_IR SNOW EXPRESS_ONEZONE "

// info is the part of an object that its upload's headers tell.
func (q *request) info() (blob.Info, error) {
	i := blob.Info{ContentType: q.header("Content-Type"), Headers: map[string]string{}, Metadata: map[string]string{}}
	for _, name := range storedHeaders {
		value := q.header(name)
		if name == "Content-Encoding" { // aws-chunked is about the request, not the object
			value = without(value, "aws-chunked")
		}
		if value != "" {
			i.Headers[name] = value
		}
	}
	size := 0
	for name, values := range q.r.Header {
		if key, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok && key != "" {
			i.Metadata[key] = strings.Join(values, ",")
			size += len(key) + len(i.Metadata[key])
		}
	}
	if size > maxMetadata {
		return i, codeError("MetadataTooLarge")
	}
	if err := q.amazon(&i); err != nil {
		return i, err
	}
	var err error
	i.Tags, err = parseTagging(q.header("X-Amz-Tagging"))
	return i, err
}

// without takes one word out of a comma-separated list.
func without(list, word string) string {
	var out []string
	for w := range strings.SplitSeq(list, ",") {
		if w = strings.TrimSpace(w); w != "" && !strings.EqualFold(w, word) {
			out = append(out, w)
		}
	}
	return strings.Join(out, ",")
}

// amazon reads the x-amz headers of an upload into i.Headers and refuses those
// that ask for what is not done here.
func (q *request) amazon(i *blob.Info) error {
	for _, name := range amazonHeaders {
		if value := q.header(name); value != "" {
			i.Headers[name] = value
		}
	}
	if class := i.Headers["X-Amz-Storage-Class"]; class == "STANDARD" {
		delete(i.Headers, "X-Amz-Storage-Class")
	} else if class != "" && !strings.Contains(storageClasses, " "+class+" ") {
		return newError("InvalidStorageClass", "The storage class you specified is not valid")
	}
	switch sse := i.Headers["X-Amz-Server-Side-Encryption"]; sse {
	case "", "AES256", "aws:kms", "aws:kms:dsse":
		if sse[:min(len(sse), 7)] != "aws:kms" && i.Headers["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"] != "" {
			return invalidArgument("x-amz-server-side-encryption", sse,
				"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
		}
	default:
		return invalidArgument("x-amz-server-side-encryption", sse, "The encryption method specified is not supported")
	}
	for name := range q.r.Header {
		switch {
		case strings.Contains(name, "Server-Side-Encryption-Customer"), strings.HasPrefix(name, "X-Amz-Object-Lock-"),
			name == "X-Amz-Write-Offset-Bytes":
			return notImplemented("The header " + strings.ToLower(name))
		case strings.HasPrefix(name, "X-Amz-Grant-"):
			return codeError("AccessControlListNotSupported")
		}
	}
	return q.cannedACL()
}

// cannedACL refuses the canned ACLs that a bucket with ownership enforced
// refuses: all that give rights to others.
func (q *request) cannedACL() error {
	switch acl := q.header("X-Amz-Acl"); acl {
	case "", "private", "bucket-owner-full-control":
		return nil
	case "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "log-delivery-write":
		return codeError("AccessControlListNotSupported")
	default:
		return invalidArgument("x-amz-acl", acl, "The value of x-amz-acl is not a canned ACL")
	}
}

// parseTagging reads x-amz-tagging, tags in the form of a URL query.
func parseTagging(s string) (map[string]string, error) {
	if s == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(s)
	if err != nil {
		return nil, invalidArgument("x-amz-tagging", s, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	var tags []tag
	for key, v := range values {
		for _, value := range v {
			tags = append(tags, tag{Key: key, Value: value})
		}
	}
	return tagMap(tags, maxObjectTags)
}

// showInfo sets the headers that tell of an object, with the whole of its size
// left to the caller.
func (q *request) showInfo(i blob.Info) {
	h := q.w.Header()
	h.Set("Etag", etag(i.ETag))
	h.Set("Last-Modified", i.LastModified.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", i.ContentType)
	if i.ContentType == "" {
		h.Set("Content-Type", "binary/octet-stream")
	}
	for name, value := range i.Headers {
		h.Set(name, value)
	}
	for name, value := range i.Metadata {
		h["x-amz-meta-"+name] = []string{value} // in lower case, as some clients keep the case
	}
	if len(i.Tags) > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(i.Tags)))
	}
}

// showStored sets the headers that tell how an upload was stored.
func (q *request) showStored(i blob.Info) {
	for _, name := range amazonHeaders {
		if strings.HasPrefix(name, "X-Amz-Server-Side-") {
			q.set(name, i.Headers[name])
		}
	}
}

// showChecksums sets the checksum headers.
func (q *request) showChecksums(sums map[string]string, kind string) {
	for name, value := range sums {
		q.set("X-Amz-Checksum-"+name, value)
	}
	if len(sums) > 0 {
		q.set("X-Amz-Checksum-Type", kind)
	}
}

// second cuts t to what HTTP's dates can say.
func second(t time.Time) time.Time { return t.Truncate(time.Second) }
