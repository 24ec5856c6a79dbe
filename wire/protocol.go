package wire

import "github.com/sagebrush/sagebrush/aws"

// protocol is a way to write requests and answers. Implementations hold no
// state of a request: that is in the call.
type protocol interface {
	// bind refuses requests that are not written this way, and sets the call's
	// operation where the head did not tell it.
	bind(c *call) error
	// decode fills the call's input.
	decode(c *call) error
	// encode appends the call's output and sets contentType, and status and
	// headers where the protocol puts something there.
	encode(c *call, dst []byte) ([]byte, error)
	// fail appends the answer for an error, and sets contentType and headers.
	fail(c *call, dst []byte, f fault) []byte
}

// queryCode is what the query protocol calls an error that all protocols have.
func queryCode(code aws.Code) string {
	switch code {
	case aws.UnrecognizedClientException:
		return "InvalidClientTokenId"
	case aws.ExpiredTokenException:
		return "ExpiredToken"
	case aws.InvalidSignatureException:
		return "SignatureDoesNotMatch"
	case aws.MissingAuthenticationToken:
		return "MissingAuthenticationToken"
	case aws.AccessDeniedException:
		return "AccessDenied"
	case aws.ValidationException:
		return "ValidationError"
	case aws.ThrottlingException:
		return "Throttling"
	case aws.UnknownOperationException:
		return "InvalidAction"
	case aws.SerializationException:
		return "MalformedInput"
	case aws.UnsupportedOperation:
		return "UnsupportedOperation"
	case aws.RequestEntityTooLarge:
		return "RequestEntityTooLarge"
	case aws.RequestTimeout:
		return "RequestTimeout"
	}
	return string(code)
}

// tellQueryError adds the header by which clients of a service that has left the
// query protocol still see the old codes.
func tellQueryError(c *call, f fault) {
	if c.service != nil && c.service.queryCompatible {
		c.w.Header()["X-Amzn-Query-Error"] = []string{queryCode(f.code) + ";" + f.kind}
	}
}
