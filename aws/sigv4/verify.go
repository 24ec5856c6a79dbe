package sigv4

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// MaxSkew is how far a client's clock may be off.
const MaxSkew = 15 * time.Minute

// MaxExpires is the longest life of a presigned URL.
const MaxExpires = 7 * 24 * time.Hour

// MaxHashedBody bounds the body that Verify reads into memory, in bytes: that
// of a service other than S3 whose request does not announce its own hash.
const MaxHashedBody = 16 << 20

// Secret is what an access key id stands for.
type Secret struct {
	SecretAccessKey string
	// Caller is the key's owner; Caller.Region is overwritten from the credential scope.
	Caller aws.Caller
}

// Lookup finds the secret of an access key. sessionToken is "" for long-term
// keys. Its errors: *aws.Error with UnrecognizedClientException (no such key, or
// the token is not the key's), ExpiredTokenException; anything else is the
// server's own trouble.
type Lookup func(ctx context.Context, accessKeyID, sessionToken string) (Secret, error)

// Signed is a request's verified signature.
type Signed struct {
	// Caller is the key's owner, in the region of the credential scope.
	Caller aws.Caller
	// AccessKeyID, Service and Region are from the credential scope.
	AccessKeyID, Service, Region string
	// Date is when the client signed.
	Date time.Time
	// PayloadHash is the hash in hex that the body must have, or one of the
	// constants such as UnsignedPayload.
	PayloadHash string
	// Presigned says that the signature came in the query.
	Presigned bool
	// SignedHeaders is the list of headers covered, "a;b;c" in lower case.
	SignedHeaders string
	// DecodedLength is x-amz-decoded-content-length, the size of the body
	// without chunk framing; -1 when the body is not chunked or does not say.
	DecodedLength int64
	// Trailers are the names announced in x-amz-trailer.
	Trailers []string

	key       *signingKey
	date      string // as signed, basic ISO 8601
	scope     string // date/region/service/aws4_request
	signature string
}

// Verifier verifies signatures with the keys of one Lookup. It is safe for
// concurrent use.
type Verifier struct {
	lookup Lookup
	keys   keyCache
	// scratch keeps buffers for canonical requests, which hold no secrets.
	scratch sync.Pool
}

// NewVerifier makes a Verifier.
func NewVerifier(lookup Lookup) *Verifier { return &Verifier{lookup: lookup} }

// Verify is (*Verifier).Verify without a cache of derived keys.
func Verify(r *http.Request, lookup Lookup, now time.Time) (*Signed, error) {
	return NewVerifier(lookup).Verify(r, now)
}

// Verify checks the signature in the request's header or query at the time
// now. The body is checked later, by Signed.Body, except for services other than
// S3 that do not send its hash: theirs is read, hashed and put back. The error is
// a *Failure.
func (v *Verifier) Verify(r *http.Request, now time.Time) (*Signed, error) {
	return v.verify(r, nil, false, now)
}

// VerifyBody is Verify for a body that has been read already; it is checked
// against the signature as well.
func (v *Verifier) VerifyBody(r *http.Request, body []byte, now time.Time) (*Signed, error) {
	return v.verify(r, body, true, now)
}

func (v *Verifier) verify(r *http.Request, body []byte, hasBody bool, now time.Time) (*Signed, error) {
	q, ok := parsePairs(r.URL.RawQuery)
	if !ok {
		return nil, malformed(isPresigned(r), "The query string of the request is not properly URL-encoded.")
	}
	header := r.Header.Get("Authorization")
	var c claim
	var f *Failure
	switch presigned := isPresigned(r); {
	case header != "" && presigned:
		f = malformed(true, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "+
			"Signature query string parameter or the Authorization header should be specified")
		f.Reason = ReasonUnsupported
		return nil, f
	case presigned:
		c, f = parseQuery(q)
	case header != "":
		c, f = parseAuthorization(header)
	default:
		return nil, fail(ReasonMissing, aws.MissingAuthenticationToken, "Missing Authentication Token")
	}
	if f != nil {
		return nil, f
	}
	s, f := v.check(r, q, &c, body, hasBody, now)
	if f != nil {
		f.AccessKeyID, f.SignatureProvided = c.keyID, c.signature
		return nil, f
	}
	return s, nil
}

func (v *Verifier) check(r *http.Request, q []pair, c *claim, body []byte, hasBody bool, now time.Time) (*Signed, *Failure) {
	s := &Signed{AccessKeyID: c.keyID, Service: c.service, Region: c.region, Presigned: c.presigned,
		SignedHeaders: c.signedHeaders, DecodedLength: -1, signature: c.signature}
	if f := s.readDate(r, q, c); f != nil {
		return nil, f
	}
	if !covers(c.signedHeaders, "host") {
		return nil, malformed(c.presigned, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	if name := unsignedHeader(r, c.signedHeaders); name != "" {
		f := fail(ReasonUnsignedHeader, aws.InvalidSignatureException,
			"There were headers present in the request which were not signed: %s", name)
		f.Header = name
		return nil, f
	}
	// The key comes before the clock, as in AWS: a stranger learns nothing about time.
	token := r.Header.Get("X-Amz-Security-Token")
	if c.presigned && token == "" {
		token = get(q, "X-Amz-Security-Token")
	}
	secret, err := v.lookup(r.Context(), c.keyID, token)
	if err != nil {
		return nil, lookupFailure(err, token)
	}
	if f := checkTime(s, q, c, now); f != nil {
		return nil, f
	}
	if f := s.readPayloadHash(r, q, body, hasBody); f != nil {
		return nil, f
	}
	if f := v.compare(r, q, c, s, secret.SecretAccessKey); f != nil {
		return nil, f
	}
	s.Caller = secret.Caller
	s.Caller.AccessKeyID, s.Caller.Region = c.keyID, c.region
	return s, nil
}

func lookupFailure(err error, token string) *Failure {
	reason := ReasonLookup
	switch aws.CodeOf(err) {
	case aws.UnrecognizedClientException:
		reason = ReasonUnknownKey
		if token != "" {
			reason = ReasonInvalidToken
		}
	case aws.ExpiredTokenException:
		reason = ReasonExpiredToken
	}
	return &Failure{Reason: reason, Err: err}
}

// readDate takes X-Amz-Date, or the Date header, and holds it against the scope's day.
func (s *Signed) readDate(r *http.Request, q []pair, c *claim) *Failure {
	raw := r.Header.Get("X-Amz-Date")
	if c.presigned {
		raw = get(q, "X-Amz-Date")
	}
	t, err := time.Parse(timeFormat, raw)
	if err != nil && raw == "" && !c.presigned {
		raw = r.Header.Get("Date")
		if t, err = time.Parse(timeFormat, raw); err != nil {
			t, err = http.ParseTime(raw)
		}
	}
	switch {
	case err != nil && raw == "":
		return malformed(c.presigned, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	case err != nil:
		return malformed(c.presigned, "Date must be in ISO-8601 'basic format'. Got '%s'. "+
			"See http://en.wikipedia.org/wiki/ISO_8601", raw)
	}
	s.Date = t.UTC()
	if s.date = raw; len(raw) != len(timeFormat) { // else it is written so already
		s.date = basic(t)
	}
	if s.date[:8] != c.date {
		f := fail(ReasonMalformed, aws.InvalidSignatureException, "Date in Credential scope does not match YYYYMMDD from "+
			"ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", c.date, s.date[:8], s.date)
		if c.presigned {
			f.Reason = ReasonMalformedQuery
		}
		return f
	}
	s.scope = c.date + "/" + c.region + "/" + c.service + "/" + terminator
	return nil
}

func checkTime(s *Signed, q []pair, c *claim, now time.Time) *Failure {
	now = now.UTC()
	if !c.presigned {
		if limit := now.Add(-MaxSkew); s.Date.Before(limit) {
			return expired(ReasonSkew, aws.InvalidSignatureException, s.Date, limit, now, MaxSkew)
		}
		if limit := now.Add(MaxSkew); s.Date.After(limit) {
			return early(ReasonSkew, aws.InvalidSignatureException, s.Date, limit, now, MaxSkew)
		}
		return nil
	}
	life := MaxSkew
	raw := get(q, "X-Amz-Expires")
	switch n, err := strconv.ParseInt(raw, 10, 64); {
	case raw == "" && !IsS3(c.service): // optional elsewhere
	case err != nil:
		return malformed(true, "X-Amz-Expires should be a number")
	case n < 0:
		return malformed(true, "X-Amz-Expires must be non-negative")
	case n > int64(MaxExpires/time.Second):
		return malformed(true, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	default:
		life = time.Duration(n) * time.Second
	}
	if limit := now.Add(MaxSkew); s.Date.After(limit) {
		return early(ReasonNotYetValid, aws.InvalidSignatureException, s.Date, limit, now, MaxSkew)
	}
	if limit := now.Add(-life); s.Date.Before(limit) {
		return expired(ReasonExpiredRequest, aws.InvalidSignatureException, s.Date, limit, now, life)
	}
	return nil
}
