package wire

import (
	"maps"

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
	return appendJSONError(c, dst, string(f.code), f.message)
}
