package s3

import (
	"encoding/xml"
	"errors"

	"github.com/sagebrush/sagebrush/blob"
)

// createBucket makes a bucket in the region that the document names, else in
// that of the signature. us-east-1 is, as in AWS, the endpoint for any region,
// and creating one's own bucket again succeeds there.
func (q *request) createBucket() error {
	data, _, err := q.createDocument()
	if err != nil {
		return err
	}
	var doc struct {
		LocationConstraint *string
		Location           *struct{ Name string }
		Tags               []tag `xml:"Tags>Tag"`
	}
	if len(data) > 0 {
		if err := parseXML(data, "CreateBucketConfiguration", &doc); err != nil {
			return err
		}
	}
	if doc.Location != nil || q.header("X-Amz-Bucket-Object-Lock-Enabled") == "true" {
		return notImplemented("A directory bucket, or one with object lock,")
	}
	if err := q.cannedACL(); err != nil {
		return err
	}
	tags, err := tagMap(doc.Tags, maxBucketTags)
	if err != nil {
		return err
	}
	region, err := q.regionOfNew(doc.LocationConstraint)
	if err != nil {
		return err
	}
	account := q.signed.Caller.Account
	err = q.h.store.CreateBucket(q.r.Context(), blob.Bucket{Name: q.bucket, Account: account, Region: region, Tags: tags})
	if errors.Is(err, blob.ErrBucketExists) {
		b, err := q.h.store.GetBucket(q.r.Context(), q.bucket)
		if err != nil {
			return err
		}
		if b.Account != account || b.Region != "us-east-1" || region != "us-east-1" {
			e := codeError("BucketAlreadyExists")
			if b.Account == account {
				e = codeError("BucketAlreadyOwnedByYou")
			}
			e.BucketName = q.bucket
			return e
		}
	} else if err != nil {
		return err
	}
	q.set("Location", "/"+q.bucket)
	q.set("Content-Length", "0")
	q.w.WriteHeader(200)
	return nil
}

// createDocument is the request document, which CreateBucket may leave out.
func (q *request) createDocument() ([]byte, blob.PutOptions, error) {
	if q.r.ContentLength == 0 {
		return nil, blob.PutOptions{}, nil
	}
	return q.document(maxXML)
}

// regionOfNew is the region of a new bucket.
func (q *request) regionOfNew(constraint *string) (string, error) {
	signed := q.signed.Region
	if signed == "" || signed == "aws-global" {
		signed = "us-east-1"
	}
	if constraint == nil || *constraint == "" {
		if signed != "us-east-1" {
			return "", newError("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
		}
		return signed, nil
	}
	region := *constraint
	if region == "EU" {
		region = "eu-west-1"
	}
	switch {
	case region == "us-east-1":
		return "", codeError("InvalidLocationConstraint")
	case signed != "us-east-1" && signed != region:
		return "", newError("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", region)
	}
	return region, nil
}

// headBucket tells that the bucket is there, and where.
func (q *request) headBucket() error {
	q.set("X-Amz-Bucket-Region", q.b.Region)
	q.set("X-Amz-Access-Point-Alias", "false")
	q.set("Content-Type", "application/xml")
	q.w.WriteHeader(200)
	return nil
}

// deleteBucket removes an empty bucket.
func (q *request) deleteBucket() error {
	if err := q.h.store.DeleteBucket(q.r.Context(), q.bucket); err != nil {
		e := toError(err)
		e.BucketName = q.bucket
		return e
	}
	q.w.WriteHeader(204)
	return nil
}

// getBucketLocation tells the region; us-east-1 is written as nothing.
func (q *request) getBucketLocation() error {
	doc := struct {
		XMLName   xml.Name `xml:"LocationConstraint"`
		Namespace string   `xml:"xmlns,attr"`
		Region    string   `xml:",chardata"`
	}{Namespace: namespace, Region: q.b.Region}
	if doc.Region == "us-east-1" {
		doc.Region = ""
	}
	q.writeXML(200, doc)
	return nil
}

// getBucketVersioning tells that versioning was never enabled.
func (q *request) getBucketVersioning() error {
	q.writeXML(200, struct {
		XMLName   xml.Name `xml:"VersioningConfiguration"`
		Namespace string   `xml:"xmlns,attr"`
	}{Namespace: namespace})
	return nil
}
