package s3

import (
	"encoding/xml"
	"errors"
	"maps"
	"net/url"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// copyAttempts is how often a copy starts again when its source changes.
const copyAttempts = 10

// copySource is what x-amz-copy-source names, checked to be the caller's and to
// meet the x-amz-copy-source-if-* conditions.
func (q *request) copySource() (bucket string, info blob.Info, err error) {
	header := q.header("X-Amz-Copy-Source")
	path, rawQuery, _ := strings.Cut(header, "?")
	if path, err = url.PathUnescape(path); err != nil {
		return "", info, invalidArgument("x-amz-copy-source", header, "Copy Source must be properly URL-encoded")
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if bucket == "" || key == "" {
		return "", info, invalidArgument("x-amz-copy-source", header, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	if v, ok := strings.CutPrefix(rawQuery, "versionId="); rawQuery != "" && (!ok || v != "null") {
		return "", info, invalidArgument("x-amz-copy-source", header, "Invalid version id specified")
	}
	if err := validBucket(bucket); err != nil {
		return "", info, err
	}
	if err := validKey(key); err != nil {
		return "", info, err
	}
	if _, err := q.ownBucket(bucket, q.header("X-Amz-Source-Expected-Bucket-Owner")); err != nil {
		return "", info, err
	}
	if info, err = q.h.store.Head(q.r.Context(), bucket, key); err != nil {
		e := toError(err)
		if e.Code == "NoSuchKey" {
			e.Key = key
		}
		return "", info, e
	}
	if failed, _ := q.readConditions("X-Amz-Copy-Source-").check(info); failed != "" {
		return "", info, failedCondition("x-amz-copy-source-" + failed)
	}
	return bucket, info, nil
}

// directive is a COPY or REPLACE header; replace is false for COPY.
func (q *request) directive(name string) (replace bool, err error) {
	switch v := q.header(name); v {
	case "", "COPY":
		return false, nil
	case "REPLACE":
		return true, nil
	default:
		return false, invalidArgument(name, v, "Unknown %s directive.", strings.ToLower(name))
	}
}

// copyObject copies inside the server.
func (q *request) copyObject() error {
	var o blob.PutOptions
	if err := q.writeConditions(&o); err != nil {
		return err
	}
	replace, err := q.directive("X-Amz-Metadata-Directive")
	if err != nil {
		return err
	}
	replaceTags, err := q.directive("X-Amz-Tagging-Directive")
	if err != nil {
		return err
	}
	if a := strings.ToUpper(q.header("X-Amz-Checksum-Algorithm")); a != "" {
		if checksum.New(a) == nil {
			return newError("InvalidRequest", "Checksum algorithm provided is unsupported.")
		}
		o.Checksums = map[string]string{a: ""}
	}
	asked, err := q.info()
	if err != nil {
		return err
	}
	for range copyAttempts {
		bucket, src, err := q.copySource()
		if err != nil {
			return err
		}
		if src.Size > blob.MaxPut {
			return newError("InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: %d", int64(blob.MaxPut))
		}
		changes := replace || replaceTags || len(onlyAmazon(asked.Headers)) > 0 || o.Checksums != nil
		if bucket == q.bucket && src.Key == q.key && !changes {
			return newError("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
		}
		o.Info = asked
		if !replace {
			o.Info.ContentType, o.Info.Metadata = src.ContentType, src.Metadata
			o.Info.Headers = maps.Clone(src.Headers)
			if o.Info.Headers == nil {
				o.Info.Headers = map[string]string{}
			}
			maps.DeleteFunc(o.Info.Headers, func(name, _ string) bool { return strings.HasPrefix(name, "X-Amz-") })
			maps.Copy(o.Info.Headers, onlyAmazon(asked.Headers))
		}
		o.SourceETag = src.ETag
		i, err := q.h.store.Copy(q.r.Context(), bucket, src.Key, q.bucket, q.key, o, true, replaceTags)
		if errors.Is(err, blob.ErrPreconditionFailed) && o.IfMatch == "" && o.IfNoneMatch == "" {
			continue // the source changed since it was looked at
		}
		if err != nil {
			return q.writeError(err, o)
		}
		q.showStored(i)
		q.writeXML(200, copyResult{XMLName: xml.Name{Local: "CopyObjectResult"}, Namespace: namespace, LastModified: timestamp(i.LastModified),
			ETag: etag(i.ETag), sums: newSums(i.Checksums), ChecksumType: i.ChecksumType})
		return nil
	}
	return failedCondition("x-amz-copy-source")
}

// onlyAmazon are the x-amz headers among those of an object.
func onlyAmazon(h map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range h {
		if strings.HasPrefix(name, "X-Amz-") {
			out[name] = value
		}
	}
	return out
}

// copyResult is the answer of CopyObject and UploadPartCopy.
type copyResult struct {
	XMLName      xml.Name
	Namespace    string `xml:"xmlns,attr"`
	LastModified string
	ETag         string
	sums
	ChecksumType string `xml:",omitempty"`
}

// sums are the checksum elements of documents.
type sums struct {
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
}

func newSums(m map[string]string) sums {
	return sums{m[checksum.CRC32], m[checksum.CRC32C], m[checksum.CRC64NVME], m[checksum.SHA1], m[checksum.SHA256]}
}

// byName are the checksums that are set.
func (s sums) byName() map[string]string {
	m := map[string]string{checksum.CRC32: s.ChecksumCRC32, checksum.CRC32C: s.ChecksumCRC32C,
		checksum.CRC64NVME: s.ChecksumCRC64NVME, checksum.SHA1: s.ChecksumSHA1, checksum.SHA256: s.ChecksumSHA256}
	maps.DeleteFunc(m, func(_, sum string) bool { return sum == "" })
	return m
}
