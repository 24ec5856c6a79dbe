package s3

import (
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// authenticate verifies the signature and notes whose it is.
func (q *request) authenticate() error {
	var s *sigv4.Signed
	var err error
	if q.isSigV2() {
		s, err = q.verifySigV2()
	} else {
		s, err = q.h.verifier.Verify(q.r, q.h.options.Now())
	}
	if err != nil {
		return err
	}
	if !sigv4.IsS3(s.Service) {
		return newError("AuthorizationHeaderMalformed", "The authorization header is malformed; incorrect service %q. This endpoint belongs to \"s3\".", s.Service)
	}
	q.signed = s
	q.r = q.r.WithContext(aws.WithCaller(q.r.Context(), s.Caller))
	if s.Presigned {
		q.liftQuery()
	}
	return nil
}

// liftQuery makes headers of the x-amz-* parameters of a presigned URL: signers
// move headers there, and the signature covers them.
func (q *request) liftQuery() {
	header := q.r.Header.Clone()
	for name, values := range q.query {
		lower := strings.ToLower(name)
		switch lower {
		case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders",
			"x-amz-signature", "x-amz-security-token", "x-amz-content-sha256":
			continue
		}
		lift := strings.HasPrefix(lower, "x-amz-") || q.isSigV2() && (lower == "content-type" || lower == "content-md5")
		if lift && header.Get(name) == "" && len(values) > 0 {
			header.Set(name, values[0])
		}
	}
	q.r.Header = header // WithContext made the request ours, but not its header
}

// lookupError is what signatureError says of a key that was not found.
func lookupError(err error, id, token string) error {
	f := &sigv4.Failure{Reason: sigv4.ReasonLookup, Err: err, AccessKeyID: id}
	switch code := aws.CodeOf(err); {
	case code == aws.UnrecognizedClientException && token != "":
		f.Reason = sigv4.ReasonInvalidToken
	case code == aws.UnrecognizedClientException:
		f.Reason = sigv4.ReasonUnknownKey
	case code == aws.ExpiredTokenException:
		f.Reason = sigv4.ReasonExpiredToken
	}
	return f
}

// signatureError says in S3's words why a signature was refused.
func signatureError(f *sigv4.Failure) *apiError {
	text := f.Error()
	var a *aws.Error
	if errors.As(f.Err, &a) {
		text = a.Message
	}
	switch f.Reason {
	case sigv4.ReasonMissing:
		return codeError("AccessDenied")
	case sigv4.ReasonMalformed:
		return newError("AuthorizationHeaderMalformed", "The authorization header is malformed: %s", text)
	case sigv4.ReasonMalformedQuery:
		return newError("AuthorizationQueryParametersError", "%s", text)
	case sigv4.ReasonUnknownKey:
		e := codeError("InvalidAccessKeyId")
		e.AccessKeyID = f.AccessKeyID
		return e
	case sigv4.ReasonInvalidToken:
		return codeError("InvalidToken")
	case sigv4.ReasonExpiredToken:
		return codeError("ExpiredToken")
	case sigv4.ReasonSkew:
		e := codeError("RequestTimeTooSkewed")
		e.RequestTime, e.ServerTime = f.Requested.UTC().Format("20060102T150405Z"), timestamp(f.Now)
		return e
	case sigv4.ReasonExpiredRequest:
		return newError("AccessDenied", "Request has expired")
	case sigv4.ReasonNotYetValid:
		return newError("AccessDenied", "Request is not valid yet")
	case sigv4.ReasonUnsignedHeader:
		e := newError("AccessDenied", "There were headers present in the request which were not signed")
		e.HeadersNotSigned = f.Header
		return e
	case sigv4.ReasonMismatch, sigv4.ReasonChunkMismatch:
		e := codeError("SignatureDoesNotMatch")
		e.AccessKeyID, e.SignatureProvided = f.AccessKeyID, f.SignatureProvided
		e.StringToSign, e.CanonicalRequest = f.StringToSign, f.CanonicalRequest
		return e
	case sigv4.ReasonPayloadMismatch:
		return codeError("XAmzContentSHA256Mismatch")
	case sigv4.ReasonIncompleteBody:
		return codeError("IncompleteBody")
	case sigv4.ReasonMalformedTrailer:
		return newError("MalformedTrailerError", "%s", text)
	case sigv4.ReasonBodyTooLarge:
		return codeError("EntityTooLarge")
	case sigv4.ReasonUnsupported, sigv4.ReasonPayloadHash, sigv4.ReasonMalformedChunk:
		return newError("InvalidRequest", "%s", text)
	}
	e := codeError("InternalError")
	e.cause = f
	return e
}
