package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"strings"
)

// owner is an account as S3 shows it.
type owner struct {
	ID string `xml:"ID"`
}

// ownerOf is the canonical user of an account: 64 hex digits that never change.
func ownerOf(account string) *owner {
	sum := sha256.Sum256([]byte("canonical user of account " + account))
	return &owner{hex.EncodeToString(sum[:])}
}

type listBucketsResult struct {
	XMLName           xml.Name      `xml:"ListAllMyBucketsResult"`
	Namespace         string        `xml:"xmlns,attr"`
	Owner             *owner        `xml:"Owner"`
	Buckets           []bucketEntry `xml:"Buckets>Bucket"`
	ContinuationToken string        `xml:",omitempty"`
	Prefix            string        `xml:",omitempty"`
}

type bucketEntry struct {
	Name         string
	CreationDate string
	BucketRegion string `xml:",omitempty"`
}

// listBuckets lists the caller's buckets, in pages when asked for.
func (q *request) listBuckets() error {
	most, err := q.number("max-buckets", 10000, 1, 10000)
	if err != nil {
		return err
	}
	after, err := q.token("continuation-token")
	if err != nil {
		return err
	}
	list, err := q.h.store.ListBuckets(q.r.Context(), q.signed.Caller.Account)
	if err != nil {
		return err
	}
	doc := listBucketsResult{Namespace: namespace, Owner: ownerOf(q.signed.Caller.Account), Prefix: q.query.Get("prefix")}
	region := q.query.Get("bucket-region")
	for _, b := range list {
		if b.Name <= after || !strings.HasPrefix(b.Name, doc.Prefix) || region != "" && b.Region != region {
			continue
		}
		if len(doc.Buckets) == most {
			doc.ContinuationToken = newToken(doc.Buckets[most-1].Name)
			break
		}
		doc.Buckets = append(doc.Buckets, bucketEntry{b.Name, timestamp(b.CreatedAt), b.Region})
	}
	q.writeXML(200, doc)
	return nil
}

// newToken is an opaque continuation token for a place in a list.
func newToken(after string) string { return base64.RawURLEncoding.EncodeToString([]byte("1" + after)) }

// token is the place that a continuation token parameter stands for, "" without one.
func (q *request) token(name string) (string, error) {
	if !q.query.Has(name) {
		return "", nil
	}
	value := q.query.Get(name)
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(raw) < 2 || raw[0] != '1' {
		return "", invalidArgument(name, value, "The continuation token provided is incorrect")
	}
	return string(raw[1:]), nil
}
