package s3

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// createMultipartUpload starts an upload in parts.
func (q *request) createMultipartUpload() error {
	info, err := q.info()
	if err != nil {
		return err
	}
	algorithm := strings.ToUpper(q.header("X-Amz-Checksum-Algorithm"))
	kind := strings.ToUpper(q.header("X-Amz-Checksum-Type"))
	switch {
	case algorithm == "" && kind != "":
		return newError("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case algorithm != "" && checksum.New(algorithm) == nil:
		return newError("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [%s]", strings.Join(checksum.Names(), ", "))
	case algorithm != "" && kind == "":
		kind = checksum.DefaultType(algorithm)
	case algorithm != "" && !checksum.TypeAllowed(algorithm, kind):
		return newError("InvalidRequest", "The %s checksum type cannot be used with the %s checksum algorithm.", kind, strings.ToLower(algorithm))
	}
	u, err := q.h.store.CreateUpload(q.r.Context(), q.bucket, q.key, blob.PutOptions{Info: info}, algorithm, kind)
	if err != nil {
		return err
	}
	q.set("X-Amz-Checksum-Algorithm", algorithm)
	q.set("X-Amz-Checksum-Type", kind)
	q.showStored(info)
	q.writeXML(200, struct {
		XMLName   xml.Name `xml:"InitiateMultipartUploadResult"`
		Namespace string   `xml:"xmlns,attr"`
		Bucket    string
		Key       string
		UploadID  string `xml:"UploadId"`
	}{Namespace: namespace, Bucket: q.bucket, Key: q.key, UploadID: u.ID})
	return nil
}

// uploadPart answers UploadPart and UploadPartCopy.
func (q *request) uploadPart() error {
	number, err := q.number("partNumber", 0, 1, blob.MaxParts)
	if err != nil || number == 0 {
		return invalidArgument("partNumber", q.query.Get("partNumber"), "Part number must be an integer between 1 and %d, inclusive", blob.MaxParts)
	}
	id := q.query.Get("uploadId")
	u, err := q.h.store.GetUpload(q.r.Context(), q.bucket, q.key, id)
	if err != nil {
		return err
	}
	if q.header("X-Amz-Copy-Source") != "" {
		return q.uploadPartCopy(u, number)
	}
	body, o, err := q.content()
	if err != nil {
		return err
	}
	for name := range o.Checksums {
		if u.ChecksumAlgorithm != "" && name != u.ChecksumAlgorithm {
			return newError("InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
				strings.ToLower(u.ChecksumAlgorithm), strings.ToLower(name))
		}
	}
	wantSum(&o, u.ChecksumAlgorithm)
	p, err := q.h.store.PutPart(q.r.Context(), q.bucket, q.key, id, number, body, o)
	if err != nil {
		return err
	}
	q.set("Etag", etag(p.ETag))
	q.showChecksums(p.Checksums, "")
	q.showStored(u.Info)
	q.set("Content-Length", "0")
	q.w.WriteHeader(200)
	return nil
}

// wantSum has the upload's checksum computed for a part that came without.
func wantSum(o *blob.PutOptions, algorithm string) {
	if algorithm == "" || len(o.Checksums) > 0 {
		return
	}
	o.Checksums = map[string]string{algorithm: ""}
}

// uploadPartCopy makes a part of another object or a range of it.
func (q *request) uploadPartCopy(u blob.Upload, number int) error {
	bucket, src, err := q.copySource()
	if err != nil {
		return err
	}
	rng, err := parseCopyRange(q.header("X-Amz-Copy-Source-Range"), src.Size)
	if err != nil {
		return err
	}
	if rng == nil && src.Size > blob.MaxPut {
		return newError("InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: %d", int64(blob.MaxPut))
	}
	body, now, err := q.h.store.Get(q.r.Context(), bucket, src.Key, rng)
	if err != nil {
		return err
	}
	defer body.Close()
	if now.ETag != src.ETag { // it changed since the conditions were decided
		return failedCondition("x-amz-copy-source")
	}
	_, length, err := rng.Resolve(src.Size)
	if err != nil {
		return err
	}
	o := blob.PutOptions{Size: length}
	wantSum(&o, u.ChecksumAlgorithm)
	p, err := q.h.store.PutPart(q.r.Context(), q.bucket, q.key, u.ID, number, body, o)
	if err != nil {
		return err
	}
	q.showStored(u.Info)
	q.writeXML(200, copyResult{XMLName: xml.Name{Local: "CopyPartResult"}, Namespace: namespace, LastModified: timestamp(p.LastModified),
		ETag: etag(p.ETag), sums: newSums(p.Checksums)})
	return nil
}

// abortMultipartUpload gives up an upload and its parts.
func (q *request) abortMultipartUpload() error {
	if err := q.h.store.AbortUpload(q.r.Context(), q.bucket, q.key, q.query.Get("uploadId")); err != nil {
		return err
	}
	q.w.WriteHeader(204)
	return nil
}

// completeMultipartUpload makes the object.
func (q *request) completeMultipartUpload() error {
	data, _, err := q.document(maxListXML)
	if err != nil {
		return err
	}
	var doc struct {
		Part []struct {
			PartNumber int
			ETag       string
			sums
		}
	}
	if err := parseXML(data, "CompleteMultipartUpload", &doc); err != nil {
		return err
	}
	if len(doc.Part) == 0 || len(doc.Part) > blob.MaxParts {
		return codeError("MalformedXML")
	}
	var parts []blob.Part
	for _, p := range doc.Part {
		parts = append(parts, blob.Part{Number: p.PartNumber, ETag: unquote(p.ETag), Checksums: p.byName()})
	}
	o := blob.PutOptions{Size: -1}
	if o.Checksums, err = q.checksums(); err != nil {
		return err
	}
	if s := q.header("X-Amz-Mp-Object-Size"); s != "" {
		if o.Size, err = strconv.ParseInt(s, 10, 64); err != nil || o.Size < 0 {
			return invalidArgument("x-amz-mp-object-size", s, "The object size is not a number")
		}
	}
	if err := q.writeConditions(&o); err != nil {
		return err
	}
	u, err := q.h.store.GetUpload(q.r.Context(), q.bucket, q.key, q.query.Get("uploadId"))
	if err != nil {
		return err
	}
	if kind := strings.ToUpper(q.header("X-Amz-Checksum-Type")); kind != "" && kind != u.ChecksumType {
		return newError("InvalidRequest", "The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", u.ChecksumType)
	}
	i, err := q.h.store.CompleteUpload(q.r.Context(), q.bucket, q.key, u.ID, parts, o)
	if err != nil {
		return q.writeError(err, o)
	}
	q.showStored(i)
	q.writeXML(200, struct {
		XMLName   xml.Name `xml:"CompleteMultipartUploadResult"`
		Namespace string   `xml:"xmlns,attr"`
		Location  string
		Bucket    string
		Key       string
		ETag      string
		sums
		ChecksumType string `xml:",omitempty"`
	}{Namespace: namespace, Location: q.location(), Bucket: q.bucket, Key: q.key, ETag: etag(i.ETag), sums: newSums(i.Checksums), ChecksumType: i.ChecksumType})
	return nil
}

// location is the object's URL, as the client addressed it.
func (q *request) location() string {
	scheme := "http"
	if q.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + q.r.Host + q.r.URL.EscapedPath()
}
