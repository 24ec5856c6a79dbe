package wire

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire/codec"
)

// restProtocol is REST-JSON: the operation in method and path, members in path,
// query, headers and body.
type restProtocol struct{}

func (restProtocol) bind(*call) error { return nil }

func (restProtocol) decode(c *call) error {
	return codec.ReadRequest(c.operation.Operation, c.r, c.body, c.in)
}

func (restProtocol) encode(c *call, dst []byte) ([]byte, error) {
	answer, err := codec.WriteResponse(c.operation.Operation, c.out)
	if err != nil {
		return dst, err
	}
	maps.Copy(c.w.Header(), answer.Header)
	c.status = answer.Status
	return append(dst, answer.Body...), nil
}

func (restProtocol) fail(c *call, dst []byte, f fault) []byte {
	c.contentType = "application/json"
	code := f.code
	if code == aws.ValidationException && c.operation != nil && c.operation.errors[aws.ValidationError] != nil {
		code = aws.ValidationError // the runtime's own word for it (InvokeEndpoint-1)
	}
	dst = appendJSONError(c, dst, string(code), f.message)
	for _, name := range slices.Sorted(maps.Keys(f.details)) {
		dst = append(dst[:len(dst)-1], ',') // in place of the brace that ends it
		dst = append(appendJSONString(dst, name), ':')
		switch v := f.details[name].(type) {
		case int:
			dst = strconv.AppendInt(dst, int64(v), 10)
		default:
			dst = appendJSONString(dst, fmt.Sprint(v))
		}
		dst = append(dst, '}')
	}
	return dst
}
