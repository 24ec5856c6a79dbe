package s3

import (
	"encoding/xml"

	"github.com/sagebrush/sagebrush/blob"
)

type partEntry struct {
	PartNumber   int
	LastModified string `xml:",omitempty"`
	ETag         string `xml:",omitempty"`
	Size         int64
	sums
}

// listParts lists the parts of an upload under way.
func (q *request) listParts() error {
	most, err := q.number("max-parts", blob.MaxPageSize, 0, 1<<31-1)
	if err != nil {
		return err
	}
	most = min(most, blob.MaxPageSize)
	after, err := q.number("part-number-marker", 0, 0, 1<<31-1)
	if err != nil {
		return err
	}
	u, err := q.h.store.GetUpload(q.r.Context(), q.bucket, q.key, q.query.Get("uploadId"))
	if err != nil {
		return err
	}
	parts, err := q.h.store.ListParts(q.r.Context(), q.bucket, q.key, u.ID, after, most+1)
	if err != nil {
		return err
	}
	next := 0
	truncated := len(parts) > most && most > 0
	parts = parts[:min(len(parts), most)]
	var entries []partEntry
	for _, p := range parts {
		next = p.Number
		entries = append(entries, partEntry{p.Number, timestamp(p.LastModified), etag(p.ETag), p.Size, newSums(p.Checksums)})
	}
	q.writeXML(200, struct {
		XMLName              xml.Name `xml:"ListPartsResult"`
		Namespace            string   `xml:"xmlns,attr"`
		Bucket               string
		Key                  string
		UploadID             string `xml:"UploadId"`
		PartNumberMarker     int
		NextPartNumberMarker int
		MaxParts             int
		IsTruncated          bool
		Part                 []partEntry
		Initiator            *owner
		Owner                *owner
		StorageClass         string
		ChecksumAlgorithm    string `xml:",omitempty"`
		ChecksumType         string `xml:",omitempty"`
	}{Namespace: namespace, Bucket: q.bucket, Key: q.key, UploadID: u.ID, PartNumberMarker: after, NextPartNumberMarker: next, MaxParts: most,
		IsTruncated: truncated, Part: entries, Initiator: ownerOf(q.b.Account), Owner: ownerOf(q.b.Account), StorageClass: "STANDARD",
		ChecksumAlgorithm: u.ChecksumAlgorithm, ChecksumType: u.ChecksumType})
	return nil
}

type uploadEntry struct {
	Key               *text
	UploadID          string `xml:"UploadId"`
	Initiator         *owner
	Owner             *owner
	StorageClass      string
	Initiated         string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

// listMultipartUploads lists the uploads under way in a bucket.
func (q *request) listMultipartUploads() error {
	list, enc, err := q.listOptions("max-uploads")
	if err != nil {
		return err
	}
	o := blob.UploadListOptions{ListOptions: list, AfterID: q.query.Get("upload-id-marker")}
	if o.After = q.query.Get("key-marker"); o.After == "" {
		o.AfterID = ""
	}
	var l blob.UploadListing
	if o.Max > 0 {
		if l, err = q.h.store.ListUploads(q.r.Context(), q.bucket, o); err != nil {
			return err
		}
	}
	var entries []uploadEntry
	for _, u := range l.Uploads {
		entries = append(entries, uploadEntry{enc.text(u.Key), u.ID, ownerOf(q.b.Account), ownerOf(q.b.Account), "STANDARD",
			timestamp(u.InitiatedAt), u.ChecksumAlgorithm, u.ChecksumType})
	}
	q.writeXML(200, struct {
		XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
		Namespace          string   `xml:"xmlns,attr"`
		Bucket             string
		KeyMarker          *text
		UploadIDMarker     string `xml:"UploadIdMarker"`
		NextKeyMarker      *text  `xml:",omitempty"`
		NextUploadIDMarker string `xml:"NextUploadIdMarker,omitempty"`
		Prefix             *text
		Delimiter          *text  `xml:",omitempty"`
		EncodingType       string `xml:",omitempty"`
		MaxUploads         int
		IsTruncated        bool
		Upload             []uploadEntry
		CommonPrefixes     []prefixEntry
	}{Namespace: namespace, Bucket: q.bucket, KeyMarker: enc.text(o.After), UploadIDMarker: o.AfterID, NextKeyMarker: enc.optional(l.Next),
		NextUploadIDMarker: l.NextID, Prefix: enc.text(o.Prefix), Delimiter: enc.optional(o.Delimiter), EncodingType: enc.name,
		MaxUploads: o.Max, IsTruncated: l.Next != "", Upload: entries, CommonPrefixes: prefixes(l.CommonPrefixes, enc)})
	return nil
}
