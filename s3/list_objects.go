package s3

import (
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/blob"
)

type objectEntry struct {
	Key               *text
	LastModified      string
	ETag              string
	ChecksumAlgorithm []string `xml:",omitempty"`
	ChecksumType      string   `xml:",omitempty"`
	Size              int64
	StorageClass      string
	Owner             *owner `xml:",omitempty"`
}

type prefixEntry struct{ Prefix *text }

// listBucketResult is the answer of ListObjects, versions 1 and 2.
type listBucketResult struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Namespace             string   `xml:"xmlns,attr"`
	Name                  string
	Prefix                *text
	Marker                *text  `xml:",omitempty"` // version 1
	NextMarker            *text  `xml:",omitempty"`
	StartAfter            *text  `xml:",omitempty"` // version 2
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              *int   `xml:",omitempty"`
	MaxKeys               int
	Delimiter             *text  `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []objectEntry
	CommonPrefixes        []prefixEntry
}

// listObjects answers ListObjects and ListObjectsV2.
func (q *request) listObjects() error {
	two := q.query.Get("list-type") == "2"
	if t := q.query.Get("list-type"); t != "" && !two {
		return invalidArgument("list-type", t, "The list type must be 2.")
	}
	o, enc, err := q.listOptions("max-keys")
	if err != nil {
		return err
	}
	doc := listBucketResult{Namespace: namespace, Name: q.bucket, Prefix: enc.text(o.Prefix), MaxKeys: o.Max,
		Delimiter: enc.optional(o.Delimiter), EncodingType: enc.name}
	if two {
		o.After = q.query.Get("start-after")
		doc.StartAfter = enc.optional(o.After)
		if doc.ContinuationToken = q.query.Get("continuation-token"); q.query.Has("continuation-token") {
			if o.After, err = q.token("continuation-token"); err != nil {
				return err
			}
		}
	} else {
		o.After = q.query.Get("marker")
		doc.Marker = enc.text(o.After)
	}
	l, err := q.list(o)
	if err != nil {
		return err
	}
	doc.IsTruncated = l.Next != ""
	for _, i := range l.Objects {
		e := objectEntry{Key: enc.text(i.Key), LastModified: timestamp(i.LastModified), ETag: etag(i.ETag), Size: i.Size,
			ChecksumAlgorithm: slices.Sorted(maps.Keys(i.Checksums)), ChecksumType: i.ChecksumType, StorageClass: "STANDARD"}
		if !two || q.query.Get("fetch-owner") == "true" {
			e.Owner = ownerOf(q.b.Account)
		}
		doc.Contents = append(doc.Contents, e)
	}
	doc.CommonPrefixes = prefixes(l.CommonPrefixes, enc)
	if two {
		n := len(l.Objects) + len(l.CommonPrefixes)
		doc.KeyCount = &n
		if l.Next != "" {
			doc.NextContinuationToken = newToken(l.Next)
		}
	} else if o.Delimiter != "" {
		doc.NextMarker = enc.optional(l.Next)
	}
	q.writeXML(200, doc)
	return nil
}

func prefixes(list []string, enc encoding) (out []prefixEntry) {
	for _, p := range list {
		out = append(out, prefixEntry{enc.text(p)})
	}
	return out
}

// list is a page of objects; a page of none has nothing behind it.
func (q *request) list(o blob.ListOptions) (blob.Listing, error) {
	if o.Max == 0 {
		return blob.Listing{}, nil
	}
	return q.h.store.List(q.r.Context(), q.bucket, o)
}

// listOptions are the parameters that all listings share.
func (q *request) listOptions(maxName string) (o blob.ListOptions, enc encoding, err error) {
	o.Prefix, o.Delimiter = q.query.Get("prefix"), q.query.Get("delimiter")
	for _, name := range []string{"prefix", "delimiter", "marker", "start-after", "key-marker"} {
		if v := q.query.Get(name); !utf8.ValidString(v) {
			return o, enc, invalidArgument(name, strconv.Quote(v), "The value is not valid UTF-8.")
		}
	}
	if enc.name = q.query.Get("encoding-type"); enc.name != "" && enc.name != "url" {
		return o, enc, invalidArgument("encoding-type", enc.name, "Invalid Encoding Method specified in Request")
	}
	o.Max, err = q.number(maxName, blob.MaxPageSize, 0, 1<<31-1)
	o.Max = min(o.Max, blob.MaxPageSize)
	return o, enc, err
}

// number is a query parameter between least and most.
func (q *request) number(name string, standard, least, most int) (int, error) {
	s := q.query.Get(name)
	if s == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, invalidArgument(name, s, "Provided %s not an integer or within integer range", name)
	}
	if n < least || n > most {
		return 0, invalidArgument(name, s, "Argument %s must be an integer between %d and %d", name, least, most)
	}
	return n, nil
}

// encoding is how a listing writes keys: as they are, or escaped for a URL.
type encoding struct{ name string }

func (e encoding) text(s string) *text {
	if e.name == "url" {
		// "+" would be a space for some clients and a plus for others.
		s = strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%2F", "/")
	}
	t := text(s)
	return &t
}

// optional is text, nil for "".
func (e encoding) optional(s string) *text {
	if s == "" {
		return nil
	}
	return e.text(s)
}
