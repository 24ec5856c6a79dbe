package s3

import "net/http"

// level is what a request addresses.
type level uint8

const (
	service level = iota
	bucket
	object
)

// route is a method on a level with the query parameter that selects the
// operation, "" for none.
type route struct {
	level  level
	method string
	sub    string
}

// operation is what a route leads to. creates says that the bucket need not
// exist.
type operation struct {
	run     func(*request) error
	creates bool
}

// subresources are the query parameters that select an operation, in the order
// in which they are looked for.
var subresources = [...]string{"uploads", "uploadId", "acl", "tagging", "attributes", "delete", "location", "versioning", "versions",
	"abac", "accelerate", "analytics", "append", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle",
	"logging", "metadataConfiguration", "metadataTable", "metrics", "notification", "object-lock", "ownershipControls", "policy",
	"policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention", "select", "session",
	"torrent", "website"}

// find is the operation of a request. A request that has none answers the error,
// which waits until the caller is known.
func (h *Handler) find(q *request) (operation, error) {
	r := route{method: q.r.Method}
	switch {
	case q.key != "":
		r.level = object
	case q.bucket != "":
		r.level = bucket
	}
	for _, s := range subresources {
		if q.query.Has(s) {
			r.sub = s
			break
		}
	}
	if op, ok := h.routes[r]; ok {
		return op, nil
	}
	switch q.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete:
		if r.sub != "" {
			return operation{}, notImplemented(q.r.Method + " ?" + r.sub)
		}
		if r.level == bucket && r.method == http.MethodPost {
			return operation{}, notImplemented("Uploading with an HTML form")
		}
	}
	return operation{}, codeError("MethodNotAllowed")
}

// routes is the table of all operations.
func routes() map[route]operation {
	const get, head, put, post, del = http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete
	t := map[route]operation{
		{service, get, ""}: {run: (*request).listBuckets},

		{bucket, put, ""}:           {run: (*request).createBucket, creates: true},
		{bucket, head, ""}:          {run: (*request).headBucket},
		{bucket, del, ""}:           {run: (*request).deleteBucket},
		{bucket, get, "location"}:   {run: (*request).getBucketLocation},
		{bucket, get, "versioning"}: {run: (*request).getBucketVersioning},
		{bucket, get, "tagging"}:    {run: (*request).getBucketTagging},
		{bucket, put, "tagging"}:    {run: (*request).putBucketTagging},
		{bucket, del, "tagging"}:    {run: (*request).deleteBucketTagging},
		{bucket, get, "acl"}:        {run: (*request).getACL},
		{bucket, put, "acl"}:        {run: (*request).putACL},
		{bucket, get, ""}:           {run: (*request).listObjects},
		{bucket, get, "versions"}:   {run: (*request).listObjectVersions},
		{bucket, get, "uploads"}:    {run: (*request).listMultipartUploads},
		{bucket, post, "delete"}:    {run: (*request).deleteObjects},

		{object, put, ""}:           {run: (*request).putOrCopyObject},
		{object, get, ""}:           {run: (*request).getObject},
		{object, head, ""}:          {run: (*request).getObject},
		{object, del, ""}:           {run: (*request).deleteObject},
		{object, get, "tagging"}:    {run: (*request).getObjectTagging},
		{object, put, "tagging"}:    {run: (*request).putObjectTagging},
		{object, del, "tagging"}:    {run: (*request).deleteObjectTagging},
		{object, get, "acl"}:        {run: (*request).getACL},
		{object, put, "acl"}:        {run: (*request).putACL},
		{object, get, "attributes"}: {run: (*request).getObjectAttributes},
		{object, post, "uploads"}:   {run: (*request).createMultipartUpload},
		{object, put, "uploadId"}:   {run: (*request).uploadPart},
		{object, get, "uploadId"}:   {run: (*request).listParts},
		{object, post, "uploadId"}:  {run: (*request).completeMultipartUpload},
		{object, del, "uploadId"}:   {run: (*request).abortMultipartUpload},
	}
	for _, a := range absent {
		t[route{bucket, get, a.sub}] = operation{run: func(*request) error { return codeError(a.code) }}
	}
	return t
}

// absent are the bucket configurations that cannot be set here, with S3's answer
// for a bucket that has none.
var absent = [...]struct{ sub, code string }{
	{"cors", "NoSuchCORSConfiguration"},
	{"encryption", "ServerSideEncryptionConfigurationNotFoundError"},
	{"lifecycle", "NoSuchLifecycleConfiguration"},
	{"object-lock", "ObjectLockConfigurationNotFoundError"},
	{"ownershipControls", "OwnershipControlsNotFoundError"},
	{"policy", "NoSuchBucketPolicy"},
	{"policyStatus", "NoSuchBucketPolicy"},
	{"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
	{"replication", "ReplicationConfigurationNotFoundError"},
	{"website", "NoSuchWebsiteConfiguration"},
}
