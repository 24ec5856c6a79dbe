package wire

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire/codec"
)

const (
	json10 = "application/x-amz-json-1.0"
	json11 = "application/x-amz-json-1.1"
)

// jsonProtocol is JSON 1.0 and 1.1: the operation in X-Amz-Target, one object
// each way. It answers in the version in which it was asked.
type jsonProtocol struct{}

func (jsonProtocol) bind(c *call) error {
	if t := mediaType(c.r); t != json10 && t != json11 {
		return aws.Errorf(aws.UnknownOperationException, "The Content-Type must be %s, not '%s'.", json11, clip(t))
	}
	if c.r.Method != http.MethodPost {
		return aws.Errorf(aws.UnknownOperationException, "Operations are called by POST, not %s.", clip(c.r.Method))
	}
	return nil
}

func (jsonProtocol) decode(c *call) error {
	if c.operation.Input == nil {
		return nil
	}
	return codec.DecodeJSON(c.operation.Input, c.body, c.in)
}

func (jsonProtocol) encode(c *call, dst []byte) ([]byte, error) {
	c.contentType = jsonVersion(c)
	if c.operation.Output == nil {
		return append(dst, '{', '}'), nil
	}
	return codec.AppendJSON(dst, c.operation.Output, c.out)
}

func (jsonProtocol) fail(c *call, dst []byte, f fault) []byte {
	c.contentType = jsonVersion(c)
	code := string(f.code)
	if c.service != nil && c.service.queryCompatible {
		code = f.shape
	}
	tellQueryError(c, f)
	return appendJSONError(c, dst, code, f.message)
}

func jsonVersion(c *call) string {
	if mediaType(c.r) == json10 {
		return json10
	}
	return json11
}

// appendJSONError appends the body that all SDKs parse: the code as __type, the
// message under both of its spellings. The header repeats the code for those
// who look there first.
func appendJSONError(c *call, dst []byte, code, message string) []byte {
	c.w.Header()["X-Amzn-Errortype"] = []string{code}
	dst = append(dst, `{"__type":`...)
	dst = appendJSONString(dst, code)
	dst = append(dst, `,"Message":`...)
	dst = appendJSONString(dst, message)
	dst = append(dst, `,"message":`...)
	dst = appendJSONString(dst, message)
	return append(dst, '}')
}

func appendJSONString(dst []byte, s string) []byte {
	// Invalid UTF-8 is replaced; that is the only error there is.
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}
