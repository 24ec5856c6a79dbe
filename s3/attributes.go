package s3

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
)

type attributeParts struct {
	TotalPartsCount      int `xml:"PartsCount"`
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	Part                 []partEntry
}

// getObjectAttributes answers what x-amz-object-attributes asks for.
func (q *request) getObjectAttributes() error {
	wanted := map[string]bool{}
	for _, line := range q.r.Header.Values("X-Amz-Object-Attributes") {
		for a := range strings.SplitSeq(line, ",") {
			switch a = strings.TrimSpace(a); a {
			case "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize":
				wanted[a] = true
			default:
				return invalidArgument("x-amz-object-attributes", a, "Invalid attribute name specified")
			}
		}
	}
	if len(wanted) == 0 {
		return newError("InvalidRequest", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	i, err := q.head()
	if err != nil {
		return err
	}
	type checksumEntry struct {
		sums
		ChecksumType string
	}
	doc := struct {
		XMLName      xml.Name        `xml:"GetObjectAttributesResponse"`
		Namespace    string          `xml:"xmlns,attr"`
		ETag         string          `xml:",omitempty"`
		Checksum     *checksumEntry  `xml:",omitempty"`
		ObjectParts  *attributeParts `xml:",omitempty"`
		StorageClass string          `xml:",omitempty"`
		ObjectSize   *int64          `xml:",omitempty"`
	}{Namespace: namespace}
	if wanted["ETag"] {
		doc.ETag = i.ETag
	}
	if wanted["Checksum"] && len(i.Checksums) > 0 {
		doc.Checksum = &checksumEntry{newSums(i.Checksums), i.ChecksumType}
	}
	if wanted["StorageClass"] {
		if doc.StorageClass = i.Headers["X-Amz-Storage-Class"]; doc.StorageClass == "" {
			doc.StorageClass = "STANDARD"
		}
	}
	if wanted["ObjectSize"] {
		doc.ObjectSize = &i.Size
	}
	if wanted["ObjectParts"] && i.Parts > 0 {
		if doc.ObjectParts, err = q.attributeParts(i); err != nil {
			return err
		}
	}
	q.set("Last-Modified", i.LastModified.UTC().Format(http.TimeFormat))
	q.writeXML(200, doc)
	return nil
}

// attributeParts is a page of an object's parts. Like S3 it shows the parts
// themselves only when they have checksums.
func (q *request) attributeParts(i blob.Info) (*attributeParts, error) {
	var n [2]int
	for k, name := range []string{"X-Amz-Max-Parts", "X-Amz-Part-Number-Marker"} {
		if s := q.header(name); s != "" {
			var err error
			if n[k], err = strconv.Atoi(s); err != nil || n[k] < 0 {
				return nil, invalidArgument(strings.ToLower(name), s, "The value is not a number")
			}
		} else if k == 0 {
			n[k] = blob.MaxPageSize
		}
	}
	a := &attributeParts{TotalPartsCount: i.Parts, MaxParts: min(n[0], blob.MaxPageSize), PartNumberMarker: n[1]}
	if len(i.Checksums) == 0 {
		return a, nil
	}
	parts, err := q.h.store.ObjectParts(q.r.Context(), q.bucket, q.key)
	if err != nil {
		return nil, q.keyError(err)
	}
	for k, p := range parts {
		if k+1 <= a.PartNumberMarker {
			continue
		}
		if len(a.Part) == a.MaxParts {
			a.IsTruncated = true
			break
		}
		a.NextPartNumberMarker = k + 1
		a.Part = append(a.Part, partEntry{PartNumber: k + 1, Size: p.Size, sums: newSums(p.Checksums)})
	}
	return a, nil
}
