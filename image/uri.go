package image

import (
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// reference is an image URI in its parts: registry/repository[:tag][@digest].
type reference struct {
	repository string // with the registry, without tag and digest
	tag        string
	digest     string
}

// parseURI splits an image URI; the error says what is wrong with it.
func parseURI(uri string) (reference, error) {
	var r reference
	rest, digest, hasDigest := strings.Cut(uri, "@")
	r.digest = digest
	r.repository = rest
	// A colon after the last slash begins the tag; one before it is a port.
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, '/') {
		r.repository, r.tag = rest[:i], rest[i+1:]
		if r.tag == "" {
			return r, aws.Invalid("Image URI %q ends with a colon: a tag must follow it, or leave it out.", uri)
		}
	}
	switch {
	case uri == "":
		return r, aws.Invalid("The image URI is empty.")
	case len(uri) > 255:
		return r, aws.Invalid("Image URI %.40q… has %d characters; 255 are allowed.", uri, len(uri))
	case strings.ContainsAny(uri, " \t\r\n*"):
		return r, aws.Invalid("Image URI %q must not contain white space or *.", uri)
	case r.repository == "" || strings.HasPrefix(r.repository, "/") || strings.HasSuffix(r.repository, "/"):
		return r, aws.Invalid("Image URI %q names no repository: write registry/repository:tag.", uri)
	case hasDigest && !strings.HasPrefix(r.digest, "sha256:"):
		return r, aws.Invalid("Image URI %q has the digest %q: a digest begins with sha256:.", uri, r.digest)
	}
	return r, nil
}

// WithDigest is an image URI as it is pinned to a digest: registry/repository@digest
// (DescribeEndpoint-4). A URI that cannot be read stays as it is.
func WithDigest(uri, digest string) string {
	r, err := parseURI(uri)
	if err != nil || digest == "" {
		return uri
	}
	return r.repository + "@" + digest
}

// matches says whether an image URI fits a pattern in which * stands for any
// characters, slashes and colons included. A URI without tag and digest is
// taken as its tag "latest", as container engines do.
func matches(pattern, uri string) bool {
	if r, err := parseURI(uri); err == nil && r.tag == "" && r.digest == "" {
		uri += ":latest"
	}
	// The pattern */name answers a bare name too.
	return glob(pattern, uri) || glob(pattern, "/"+uri)
}

// glob matches by keeping the last star to come back to: linear in practice,
// product of the lengths at worst.
func glob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
