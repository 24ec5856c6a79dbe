package s3

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// signedParameters are the query parameters that a version 2 signature covers.
const signedParameters = " accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics notification object-lock partNumber policy" +
	" replication requestPayment response-cache-control response-content-disposition response-content-encoding response-content-language" +
	" response-content-type response-expires restore select select-type storageClass tagging torrent uploadId uploads versionId versioning versions website "

// isSigV2 tells whether the query carries a version 2 signature. boto3 and the
// AWS CLI still presign that way for endpoints they do not know, so `aws s3
// presign` depends on it; requests signed in a header are version 4 everywhere.
func (q *request) isSigV2() bool {
	return q.query.Has("AWSAccessKeyId") && q.query.Has("Signature") && q.query.Has("Expires") && q.r.Header.Get("Authorization") == ""
}

// verifySigV2 checks a presigned URL of version 2. The bytes of the body are
// not covered, and it names no region.
func (q *request) verifySigV2() (*sigv4.Signed, error) {
	expires, err := strconv.ParseInt(q.query.Get("Expires"), 10, 64)
	if err != nil {
		return nil, newError("AccessDenied", "Invalid date (should be seconds since epoch): %s", q.query.Get("Expires"))
	}
	id, token := q.query.Get("AWSAccessKeyId"), q.parameter("x-amz-security-token")
	secret, err := q.h.options.Lookup(q.r.Context(), id, token)
	if err != nil {
		return nil, lookupError(err, id, token)
	}
	text := q.stringToSignV2()
	mac := hmac.New(sha1.New, []byte(secret.SecretAccessKey))
	mac.Write([]byte(text))
	provided := q.query.Get("Signature")
	if given, err := base64.StdEncoding.DecodeString(provided); err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		e := codeError("SignatureDoesNotMatch")
		e.AccessKeyID, e.SignatureProvided, e.StringToSign = id, provided, text
		return nil, e
	}
	if !q.h.options.Now().Before(time.Unix(expires, 0)) {
		return nil, newError("AccessDenied", "Request has expired")
	}
	s := &sigv4.Signed{Caller: secret.Caller, AccessKeyID: id, Service: "s3", Region: q.h.options.Region,
		PayloadHash: sigv4.UnsignedPayload, Presigned: true, DecodedLength: -1}
	s.Caller.AccessKeyID, s.Caller.Region = id, s.Region
	return s, nil
}

// parameter is a query parameter whose name is matched in any case.
func (q *request) parameter(name string) string {
	for key, values := range q.query {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// stringToSignV2 is what the client signed: method, two headers, the expiry, the
// x-amz headers, and the resource. Signers put the headers into the query.
func (q *request) stringToSignV2() string {
	var b strings.Builder
	b.WriteString(q.r.Method + "\n")
	for _, name := range []string{"Content-Md5", "Content-Type"} {
		value := q.parameter(name)
		if value == "" {
			value = q.header(name)
		}
		b.WriteString(value + "\n")
	}
	b.WriteString(q.query.Get("Expires") + "\n")
	headers := map[string]string{}
	for name, values := range q.r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") {
			headers[lower] = strings.Join(values, ",")
		}
	}
	for name, values := range q.query {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && len(values) > 0 {
			headers[lower] = values[0]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		b.WriteString(name + ":" + strings.TrimSpace(headers[name]) + "\n")
	}
	if bucket := bucketOfHost(q.r.Host, q.h.options.Hosts); bucket != "" {
		b.WriteString("/" + bucket)
	}
	b.WriteString(q.r.URL.EscapedPath())
	separator := "?"
	for _, name := range slices.Sorted(maps.Keys(q.query)) {
		if !strings.Contains(signedParameters, " "+name+" ") {
			continue
		}
		b.WriteString(separator + name)
		if value := q.query.Get(name); value != "" {
			b.WriteString("=" + value)
		}
		separator = "&"
	}
	return b.String()
}
