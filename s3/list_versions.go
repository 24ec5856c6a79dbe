package s3

import "encoding/xml"

type versionEntry struct {
	Key          *text
	VersionID    string `xml:"VersionId"`
	IsLatest     bool
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
	Owner        *owner
}

// listObjectVersions lists the objects as their only version, "null".
func (q *request) listObjectVersions() error {
	o, enc, err := q.listOptions("max-keys")
	if err != nil {
		return err
	}
	o.After = q.query.Get("key-marker")
	l, err := q.list(o)
	if err != nil {
		return err
	}
	doc := struct {
		XMLName             xml.Name `xml:"ListVersionsResult"`
		Namespace           string   `xml:"xmlns,attr"`
		Name                string
		Prefix              *text
		KeyMarker           *text
		VersionIDMarker     string `xml:"VersionIdMarker"`
		NextKeyMarker       *text  `xml:",omitempty"`
		NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
		MaxKeys             int
		Delimiter           *text  `xml:",omitempty"`
		EncodingType        string `xml:",omitempty"`
		IsTruncated         bool
		Version             []versionEntry
		CommonPrefixes      []prefixEntry
	}{Namespace: namespace, Name: q.bucket, Prefix: enc.text(o.Prefix), KeyMarker: enc.text(o.After), MaxKeys: o.Max,
		VersionIDMarker: q.query.Get("version-id-marker"), NextKeyMarker: enc.optional(l.Next), Delimiter: enc.optional(o.Delimiter),
		EncodingType: enc.name, IsTruncated: l.Next != "", CommonPrefixes: prefixes(l.CommonPrefixes, enc)}
	if doc.IsTruncated {
		doc.NextVersionIDMarker = "null"
	}
	for _, i := range l.Objects {
		doc.Version = append(doc.Version, versionEntry{enc.text(i.Key), "null", true, timestamp(i.LastModified), etag(i.ETag), i.Size, "STANDARD", ownerOf(q.b.Account)})
	}
	q.writeXML(200, doc)
	return nil
}
