package sigv4

import (
	"net/http"
	"strings"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
)

// credential is the Credential parameter: key/date/region/service/aws4_request.
type credential struct {
	keyID, date, region, service string
}

func parseCredential(s string) (c credential, ok bool) {
	c.keyID, s, ok = strings.Cut(s, "/")
	if ok {
		c.date, s, ok = strings.Cut(s, "/")
	}
	if ok {
		c.region, s, ok = strings.Cut(s, "/")
	}
	if ok {
		c.service, s, ok = strings.Cut(s, "/")
	}
	return c, ok && s == terminator && c.keyID != "" && len(c.date) == 8 && c.region != "" && c.service != ""
}

// claim is what a request says of its signature before anything is checked.
type claim struct {
	credential
	signedHeaders string
	signature     string
	presigned     bool
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func parseAuthorization(h string) (claim, *Failure) {
	var c claim
	name, rest, _ := strings.Cut(h, " ")
	if name != algorithm {
		f := malformed(false, "The authorization mechanism you have provided is not supported. Please use %s.", algorithm)
		f.Reason = ReasonUnsupported
		return c, f
	}
	var cred string
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		key, value, _ := strings.Cut(strings.Trim(part, " \t"), "=")
		switch key {
		case "Credential":
			cred = value
		case "SignedHeaders":
			c.signedHeaders = value
		case "Signature":
			c.signature = value
		}
	}
	if cred == "" || c.signedHeaders == "" || c.signature == "" {
		var lacks strings.Builder
		for _, p := range []struct{ name, value string }{
			{"Credential", cred}, {"Signature", c.signature}, {"SignedHeaders", c.signedHeaders},
		} {
			if p.value == "" {
				lacks.WriteString("Authorization header requires '" + p.name + "' parameter. ")
			}
		}
		return c, malformed(false, "%s", strings.TrimSuffix(lacks.String(), " "))
	}
	var ok bool
	if c.credential, ok = parseCredential(cred); !ok {
		return c, malformed(false, "Credential must have exactly 5 slash-delimited elements, "+
			"e.g. keyid/date/region/service/%s, got '%s'", terminator, cred)
	}
	return c, nil
}

// parseQuery reads the claim of a presigned URL.
func parseQuery(q []pair) (claim, *Failure) {
	c := claim{presigned: true}
	if alg := get(q, "X-Amz-Algorithm"); alg != algorithm {
		f := malformed(true, "X-Amz-Algorithm only supports \"%s\"", algorithm)
		return c, f
	}
	c.signedHeaders, c.signature = get(q, "X-Amz-SignedHeaders"), get(q, "X-Amz-Signature")
	cred := get(q, "X-Amz-Credential")
	if cred == "" || c.signedHeaders == "" || c.signature == "" || get(q, "X-Amz-Date") == "" {
		return c, malformed(true, "Query-string authentication version 4 requires the X-Amz-Algorithm, "+
			"X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	}
	var ok bool
	if c.credential, ok = parseCredential(cred); !ok {
		return c, malformed(true, "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "+
			"expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/%s\".", terminator)
	}
	return c, nil
}

// isPresigned says whether the query carries a signature, without parsing all of it.
func isPresigned(r *http.Request) bool {
	return strings.Contains(r.URL.RawQuery, "X-Amz-") &&
		(strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=") || strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") ||
			strings.Contains(r.URL.RawQuery, "X-Amz-Signature="))
}

// ScopeOf reads the service, region and access key id that the request claims
// to be signed for, from the header or the query. Nothing is verified: it is for
// routing only. ok is false when there is no readable signature.
func ScopeOf(r *http.Request) (service, region, accessKeyID string, ok bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		_, rest, found := strings.Cut(h, "Credential=")
		if !found {
			return "", "", "", false
		}
		if i := strings.IndexAny(rest, ", "); i >= 0 {
			rest = rest[:i]
		}
		c, ok := parseCredential(rest)
		return c.service, c.region, c.keyID, ok
	}
	if !isPresigned(r) {
		return "", "", "", false
	}
	q, ok := parsePairs(r.URL.RawQuery)
	if !ok {
		return "", "", "", false
	}
	c, ok := parseCredential(get(q, "X-Amz-Credential"))
	return c.service, c.region, c.keyID, ok
}
