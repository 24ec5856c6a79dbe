package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// The values of x-amz-content-sha256 that are not a hash.
const (
	// UnsignedPayload leaves the body open, as presigned URLs do.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// StreamingPayload is aws-chunked with a signature on every chunk.
	StreamingPayload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	// StreamingPayloadTrailer adds signed trailing headers.
	StreamingPayloadTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	// StreamingUnsignedTrailer is aws-chunked with trailing headers and no signatures.
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	// EmptyPayload is the hash of no body.
	EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// readPayloadHash settles which payload hash the client signed with.
func (s *Signed) readPayloadHash(r *http.Request, q []pair, body []byte, hasBody bool) *Failure {
	announced := r.Header.Get("X-Amz-Content-Sha256")
	if s.Presigned {
		if !covers(s.SignedHeaders, "x-amz-content-sha256") {
			announced = get(q, "X-Amz-Content-Sha256")
		}
		if announced == "" && IsS3(s.Service) {
			announced = UnsignedPayload
		}
	}
	switch {
	case announced == UnsignedPayload:
		s.PayloadHash = announced
		return nil
	case announced == StreamingPayload, announced == StreamingPayloadTrailer, announced == StreamingUnsignedTrailer:
		s.PayloadHash = announced
		return s.readStreaming(r, hasBody)
	case announced == "" && IsS3(s.Service):
		return fail(ReasonPayloadHash, aws.InvalidSignatureException,
			"Missing required header for this request: x-amz-content-sha256")
	case announced != "" && !isHash(announced):
		return fail(ReasonPayloadHash, aws.InvalidSignatureException, "The value of x-amz-content-sha256 must be %s, %s, %s, %s or a valid sha256 value.",
			UnsignedPayload, StreamingUnsignedTrailer, StreamingPayload, StreamingPayloadTrailer)
	case announced != "" && !hasBody:
		s.PayloadHash = announced // the body is held against it by Body
		return nil
	}
	if !hasBody {
		var f *Failure
		if body, f = slurp(r); f != nil {
			return f
		}
	}
	sum := sha256.Sum256(body)
	s.PayloadHash = hex.EncodeToString(sum[:])
	if announced != "" && announced != s.PayloadHash {
		return payloadMismatch()
	}
	return nil
}

func (s *Signed) readStreaming(r *http.Request, hasBody bool) *Failure {
	if hasBody {
		return fail(ReasonUnsupported, aws.InvalidSignatureException,
			"This service does not accept bodies in signed chunks (x-amz-content-sha256: %s).", s.PayloadHash)
	}
	if raw := r.Header.Get("X-Amz-Decoded-Content-Length"); raw != "" {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n < 0 {
			return fail(ReasonMalformedChunk, aws.InvalidSignatureException, "x-amz-decoded-content-length is no length: '%s'", raw)
		}
		s.DecodedLength = n
	}
	for name := range strings.SplitSeq(r.Header.Get("X-Amz-Trailer"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			s.Trailers = append(s.Trailers, name)
		}
	}
	return nil
}

// slurp reads the body for hashing and leaves a copy in its place.
func slurp(r *http.Request) ([]byte, *Failure) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxHashedBody+1))
	if err != nil {
		return nil, fail(ReasonIncompleteBody, aws.SerializationException, "The request body could not be read: %w", err)
	}
	if len(data) > MaxHashedBody {
		return nil, fail(ReasonBodyTooLarge, aws.RequestEntityTooLarge, "The request body exceeds %d bytes.", MaxHashedBody)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return data, nil
}

func payloadMismatch() *Failure {
	return fail(ReasonPayloadMismatch, aws.InvalidSignatureException,
		"The provided 'x-amz-content-sha256' header does not match what was computed.")
}

func isHash(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
