package sigv4

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Reason says why a request was refused, for protocols with their own codes.
type Reason uint8

// The reasons. The comment names the code that S3 answers.
const (
	// ReasonMissing: the request is not signed at all (AccessDenied, or anonymous access).
	ReasonMissing Reason = iota + 1
	// ReasonMalformed: the Authorization header cannot be read (AuthorizationHeaderMalformed).
	ReasonMalformed
	// ReasonMalformedQuery: the query of a presigned URL cannot be read (AuthorizationQueryParametersError).
	ReasonMalformedQuery
	// ReasonUnsupported: another signing method, or two at once (InvalidRequest).
	ReasonUnsupported
	// ReasonUnknownKey: nobody owns this access key (InvalidAccessKeyId).
	ReasonUnknownKey
	// ReasonInvalidToken: the session token does not belong to the key (InvalidToken).
	ReasonInvalidToken
	// ReasonExpiredToken: the temporary credentials are over (ExpiredToken).
	ReasonExpiredToken
	// ReasonSkew: the client's clock is more than 15 minutes off (RequestTimeTooSkewed).
	ReasonSkew
	// ReasonExpiredRequest: a presigned URL after its time (AccessDenied "Request has expired").
	ReasonExpiredRequest
	// ReasonNotYetValid: a presigned URL before its time (AccessDenied "Request is not valid yet").
	ReasonNotYetValid
	// ReasonUnsignedHeader: an x-amz-* header that the signature does not cover (AccessDenied).
	ReasonUnsignedHeader
	// ReasonMismatch: the signature is wrong (SignatureDoesNotMatch).
	ReasonMismatch
	// ReasonPayloadHash: x-amz-content-sha256 is missing or not a hash (InvalidRequest).
	ReasonPayloadHash
	// ReasonPayloadMismatch: the body is not the one that was signed (XAmzContentSHA256Mismatch).
	ReasonPayloadMismatch
	// ReasonChunkMismatch: a chunk or the trailer has a wrong signature (SignatureDoesNotMatch).
	ReasonChunkMismatch
	// ReasonMalformedChunk: the aws-chunked framing is broken (InvalidRequest / InvalidChunkSizeError).
	ReasonMalformedChunk
	// ReasonIncompleteBody: the body ended early or is longer than announced (IncompleteBody).
	ReasonIncompleteBody
	// ReasonMalformedTrailer: trailing headers are missing or broken (MalformedTrailerError).
	ReasonMalformedTrailer
	// ReasonBodyTooLarge: a body that has to be hashed first is larger than MaxHashedBody (EntityTooLarge).
	ReasonBodyTooLarge
	// ReasonLookup: looking the key up failed; the server's fault.
	ReasonLookup
)

// Failure is why a signature was refused. It unwraps to an *aws.Error, except
// for ReasonLookup, which unwraps to the Lookup's own error.
type Failure struct {
	Reason Reason
	Err    error
	// AccessKeyID and SignatureProvided are what the request claimed, "" when unread.
	AccessKeyID, SignatureProvided string
	// CanonicalRequest and StringToSign are what the server computed, set for
	// ReasonMismatch only: they help a client's author and hold no secret.
	CanonicalRequest, StringToSign string
	// Header names the header for ReasonUnsignedHeader.
	Header string
	// Requested and Now are the times compared for the reasons about time.
	Requested, Now time.Time
}

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the *aws.Error to errors.As.
func (f *Failure) Unwrap() error { return f.Err }

func fail(reason Reason, code aws.Code, format string, args ...any) *Failure {
	return &Failure{Reason: reason, Err: aws.Errorf(code, format, args...)}
}

func malformed(presigned bool, format string, args ...any) *Failure {
	reason := ReasonMalformed
	if presigned {
		reason = ReasonMalformedQuery
	}
	return &Failure{Reason: reason, Err: aws.Errorf(aws.IncompleteSignature, format, args...)}
}

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func expired(reason Reason, code aws.Code, requested, limit, now time.Time, allowed time.Duration) *Failure {
	f := fail(reason, code, "Signature expired: %s is now earlier than %s (%s - %s)",
		basic(requested), basic(limit), basic(now), minutes(allowed))
	f.Requested, f.Now = requested, now
	return f
}

func early(reason Reason, code aws.Code, requested, limit, now time.Time, allowed time.Duration) *Failure {
	f := fail(reason, code, "Signature not yet current: %s is still later than %s (%s + %s)",
		basic(requested), basic(limit), basic(now), minutes(allowed))
	f.Requested, f.Now = requested, now
	return f
}

func basic(t time.Time) string { return t.UTC().Format(timeFormat) }

func minutes(d time.Duration) string {
	if d%time.Minute != 0 {
		return fmt.Sprintf("%d s.", int64(d/time.Second))
	}
	return fmt.Sprintf("%d min.", int64(d/time.Minute))
}
