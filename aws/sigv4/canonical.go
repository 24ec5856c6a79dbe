package sigv4

import (
	"net/http"
	"net/textproto"
	"path"
	"strconv"
	"strings"
)

// appendCanonical appends the canonical request: everything the signature covers.
func appendCanonical(dst []byte, r *http.Request, q []pair, c *claim, escapedPath, payloadHash string) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, '\n')
	dst = appendEscaped(dst, escapedPath, false)
	dst = append(dst, '\n')
	dst = appendQuery(dst, q, c.presigned)
	dst = append(dst, '\n')
	for rest := c.signedHeaders; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ";")
		dst = append(dst, name...)
		dst = append(dst, ':')
		dst = appendHeader(dst, r, name)
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	dst = append(dst, c.signedHeaders...)
	dst = append(dst, '\n')
	return append(dst, payloadHash...)
}

// appendHeader appends the canonical value of a header, which net/http keeps
// outside the header map for some.
func appendHeader(dst []byte, r *http.Request, name string) []byte {
	switch name {
	case "host":
		return appendTrimmed(dst, r.Host)
	case "content-length":
		if r.ContentLength >= 0 {
			return strconv.AppendInt(dst, r.ContentLength, 10)
		}
		return dst
	case "transfer-encoding":
		return append(dst, strings.Join(r.TransferEncoding, ",")...)
	}
	for i, v := range r.Header[canonicalKey(name)] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendTrimmed(dst, v)
	}
	return dst
}

// canonicalKey is a name in lower case as net/http writes it. Those that nearly all
// requests sign are told without making them.
func canonicalKey(name string) string {
	switch name {
	case "content-type":
		return "Content-Type"
	case "x-amz-date":
		return "X-Amz-Date"
	case "x-amz-content-sha256":
		return "X-Amz-Content-Sha256"
	case "x-amz-security-token":
		return "X-Amz-Security-Token"
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// paths are the canonical paths, before the (last) escaping, that r may be
// signed with. Others than S3 escape the path once more as it was sent; clients
// disagree on whether "//" and "." segments are cleaned first, so a path that
// has them has two forms.
func paths(r *http.Request, service string) []string {
	if IsS3(service) {
		if r.URL.Path == "" {
			return []string{"/"}
		}
		return []string{r.URL.Path}
	}
	p := r.URL.EscapedPath()
	if p == "" {
		p = "/"
	}
	if !strings.Contains(p, "//") && !strings.Contains(p, "/.") {
		return []string{p}
	}
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return []string{p, clean}
}

// IsS3 says whether the service of a credential scope follows S3's signing rules.
func IsS3(service string) bool { return service == "s3" || service == "s3express" }

// covers says whether the signed header list, "a;b;c" in lower case, names the header.
func covers(list, header string) bool {
	for rest := list; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ";")
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

// unsignedHeader is the first x-amz-* header that the signature leaves open, "" for
// none. Two are exempt: the payload hash is in the canonical request anyway, and
// x-amz-user-agent says nothing that matters.
func unsignedHeader(r *http.Request, signedHeaders string) string {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") && name != "X-Amz-Content-Sha256" && name != "X-Amz-User-Agent" &&
			!covers(signedHeaders, name) {
			return name
		}
	}
	return ""
}
