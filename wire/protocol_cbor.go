package wire

import (
	"net/http"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire/cbor"
)

// cborProtocol is Smithy's RPC v2 CBOR: service and operation in the path, one
// CBOR map each way.
type cborProtocol struct{ decoder *cbor.Decoder }

func (cborProtocol) bind(c *call) error {
	if t := mediaType(c.r); len(c.body) > 0 && t != cbor.ContentType {
		return aws.Errorf(aws.SerializationException, "The Content-Type must be %s, not '%s'.", cbor.ContentType, clip(t))
	}
	if c.r.Method != http.MethodPost {
		return aws.Errorf(aws.UnknownOperationException, "Operations are called by POST, not %s.", clip(c.r.Method))
	}
	return nil
}

func (p cborProtocol) decode(c *call) error {
	if c.operation.Input == nil {
		return nil
	}
	return p.decoder.Decode(c.operation.Input, c.body, c.in)
}

func (cborProtocol) encode(c *call, dst []byte) ([]byte, error) {
	markCBOR(c)
	return cbor.Append(dst, c.operation.Output, c.out), nil
}

func (cborProtocol) fail(c *call, dst []byte, f fault) []byte {
	markCBOR(c)
	tellQueryError(c, f)
	return cbor.AppendError(dst, f.shape, f.message)
}

func markCBOR(c *call) {
	c.contentType = cbor.ContentType
	c.w.Header()["Smithy-Protocol"] = []string{cbor.Protocol}
}
