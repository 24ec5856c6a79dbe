package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"io"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// Limits of request documents in bytes: the long lists of DeleteObjects and
// CompleteMultipartUpload, and everything else.
const (
	maxXML     = 1 << 20
	maxListXML = 8 << 20
)

// content is the request's body with the chunk framing taken off, and what it
// must be: its size and digests, from headers and trailer.
func (q *request) content() (io.ReadCloser, blob.PutOptions, error) {
	o := blob.PutOptions{Size: q.r.ContentLength}
	if q.signed.DecodedLength >= 0 {
		o.Size = q.signed.DecodedLength
	} else if strings.HasPrefix(q.signed.PayloadHash, "STREAMING-") {
		o.Size = -1
	}
	if o.Size < 0 {
		return nil, o, codeError("MissingContentLength")
	}
	if o.Size > blob.MaxPut {
		return nil, o, codeError("EntityTooLarge")
	}
	if h := q.r.Header.Values("Content-Md5"); len(h) > 0 {
		sum, err := base64.StdEncoding.DecodeString(h[0])
		if err != nil || len(sum) != md5.Size {
			return nil, o, codeError("InvalidDigest")
		}
		o.MD5 = sum
	}
	var err error
	if o.Checksums, err = q.checksums(); err != nil {
		return nil, o, err
	}
	body, trailer := q.signed.Body(q.r.Body)
	if len(q.signed.Trailers) > 0 {
		if o.Checksums == nil {
			o.Checksums = map[string]string{}
		}
		for _, name := range q.signed.Trailers {
			if strings.HasPrefix(name, "x-amz-checksum-") && checksumOf(name) == "" {
				return nil, o, notImplemented("The checksum in the trailer " + name)
			}
			if algorithm := checksumOf(name); algorithm != "" {
				o.Checksums[algorithm] = ""
			}
		}
		o.Trailer = func() (map[string]string, error) {
			sums := map[string]string{}
			for _, name := range trailer.Names() {
				if algorithm := checksumOf(name); algorithm != "" {
					sums[algorithm] = trailer.Get(name)
				}
			}
			return sums, nil
		}
	}
	if want := strings.ToUpper(q.header("X-Amz-Sdk-Checksum-Algorithm")); want != "" {
		if checksum.New(want) == nil {
			return nil, o, newError("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: %s",
				"["+strings.Join(checksum.Names(), ", ")+"]")
		}
		if _, ok := o.Checksums[want]; !ok {
			return nil, o, newError("InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
		}
	}
	return body, o, nil
}

// checksumOf is the algorithm of a header x-amz-checksum-<name>, "" for others.
func checksumOf(header string) string {
	name, ok := strings.CutPrefix(strings.ToLower(header), "x-amz-checksum-")
	name = strings.ToUpper(name)
	if !ok || checksum.New(name) == nil {
		return ""
	}
	return name
}

// checksums are the x-amz-checksum-<name> headers: none or one.
func (q *request) checksums() (map[string]string, error) {
	var sums map[string]string
	for name := range q.r.Header {
		algorithm, ok := strings.CutPrefix(name, "X-Amz-Checksum-")
		if ok && checksumOf(name) == "" && algorithm != "Mode" && algorithm != "Type" && algorithm != "Algorithm" {
			return nil, notImplemented("The checksum algorithm " + strings.ToUpper(algorithm))
		}
	}
	for _, name := range checksum.Names() {
		value := q.header("X-Amz-Checksum-" + name)
		if value == "" {
			continue
		}
		if sums != nil {
			return nil, newError("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		whole, _, composite := strings.Cut(value, "-")
		if !checksum.Valid(name, whole) || composite && !q.query.Has("uploadId") {
			return nil, newError("InvalidRequest", "Value for x-amz-checksum-%s header is invalid.", strings.ToLower(name))
		}
		sums = map[string]string{name: value}
	}
	return sums, nil
}

// document reads a request document of up to limit bytes, checked against its
// digests.
func (q *request) document(limit int64) ([]byte, blob.PutOptions, error) {
	body, o, err := q.content()
	if err != nil {
		return nil, o, err
	}
	if o.Size > limit {
		return nil, o, newError("EntityTooLarge", "The request document exceeds %d bytes.", limit)
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, o, err
	}
	if int64(len(data)) != o.Size {
		return nil, o, codeError("IncompleteBody")
	}
	if sum := md5.Sum(data); o.MD5 != nil && !bytes.Equal(o.MD5, sum[:]) {
		return nil, o, codeError("BadDigest")
	}
	wanted := o.Checksums
	if o.Trailer != nil {
		if wanted, err = o.Trailer(); err != nil {
			return nil, o, err
		}
	}
	for name, want := range wanted {
		h := checksum.New(name)
		h.Write(data)
		if want != checksum.Encode(h) && !strings.Contains(want, "-") {
			return nil, o, codeError("BadDigest")
		}
	}
	return data, o, nil
}

// parse reads the request document with the given root.
func (q *request) parse(root string, limit int64, into any) error {
	data, _, err := q.document(limit)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return codeError("MissingRequestBodyError")
	}
	return parseXML(data, root, into)
}
