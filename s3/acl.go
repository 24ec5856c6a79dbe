package s3

import "encoding/xml"

// getACL shows the only access list there is: the owner has full control.
func (q *request) getACL() error {
	if q.key != "" {
		if _, err := q.head(); err != nil {
			return err
		}
	}
	type grantee struct {
		XSI  string `xml:"xmlns:xsi,attr"`
		Type string `xml:"xsi:type,attr"`
		ID   string
	}
	type grant struct {
		Grantee    grantee
		Permission string
	}
	own := ownerOf(q.b.Account)
	q.writeXML(200, struct {
		XMLName   xml.Name `xml:"AccessControlPolicy"`
		Namespace string   `xml:"xmlns,attr"`
		Owner     *owner
		Grants    []grant `xml:"AccessControlList>Grant"`
	}{Namespace: namespace, Owner: own, Grants: []grant{{
		grantee{"http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser", own.ID}, "FULL_CONTROL"}}})
	return nil
}

// putACL accepts what changes nothing and refuses everything else, as a bucket
// with ownership enforced does.
func (q *request) putACL() error {
	if acl := q.header("X-Amz-Acl"); acl == "private" && q.key == "" || acl == "bucket-owner-full-control" {
		q.w.WriteHeader(200)
		return nil
	}
	return codeError("AccessControlListNotSupported")
}
