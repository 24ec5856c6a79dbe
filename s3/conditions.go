package s3

import (
	"net/http"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/blob"
)

// conditions are the conditional headers of a read, or of a copy's source.
type conditions struct {
	match, noneMatch           string
	modifiedSince, unmodifedBy string
}

// readConditions takes them from headers whose names begin with prefix.
func (q *request) readConditions(prefix string) conditions {
	return conditions{q.header(prefix + "If-Match"), q.header(prefix + "If-None-Match"),
		q.header(prefix + "If-Modified-Since"), q.header(prefix + "If-Unmodified-Since")}
}

// check decides the conditions for an object in the order of RFC 9110, section
// 13.2.2: an ETag outranks a date. It answers the condition that failed, and
// whether that means "not modified" rather than "precondition failed".
func (c conditions) check(i blob.Info) (failed string, notModified bool) {
	modified := second(i.LastModified)
	if c.match != "" {
		if !matches(c.match, i.ETag) {
			return "If-Match", false
		}
	} else if t, ok := date(c.unmodifedBy); ok && modified.After(t) {
		return "If-Unmodified-Since", false
	}
	if c.noneMatch != "" {
		if matches(c.noneMatch, i.ETag) {
			return "If-None-Match", true
		}
	} else if t, ok := date(c.modifiedSince); ok && !modified.After(t) {
		return "If-Modified-Since", true
	}
	return "", false
}

// matches tells whether a list of quoted ETags, or "*", holds etag.
func matches(list, etag string) bool {
	for m := range strings.SplitSeq(list, ",") {
		if m = unquote(m); m == "*" || m == etag {
			return true
		}
	}
	return false
}

// unquote is an ETag without its quotes and weakness.
func unquote(s string) string {
	s = strings.TrimPrefix(strings.TrimSpace(s), "W/")
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	return s
}

func date(s string) (time.Time, bool) {
	t, err := http.ParseTime(s)
	return t, s != "" && err == nil
}

// failedCondition is the error for a condition that did not hold.
func failedCondition(name string) *apiError {
	e := codeError("PreconditionFailed")
	e.Condition = name
	return e
}

// writeConditions are If-Match and If-None-Match of an upload.
func (q *request) writeConditions(o *blob.PutOptions) error {
	o.IfMatch, o.IfNoneMatch = unquote(q.header("If-Match")), unquote(q.header("If-None-Match"))
	if o.IfNoneMatch != "" && o.IfNoneMatch != "*" || o.IfMatch != "" && o.IfNoneMatch != "" {
		return codeError("NotImplemented") // S3's own answer
	}
	return nil
}
