package proxy

import (
	"errors"
	"net/http"

	runtime "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/validate"
)

// invocation is a request of either operation.
type invocation struct {
	key                                         Key
	contentType, accept, custom                 string
	model, variant, container, id, explanations string
	component                                   string
	body                                        []byte
	// stream, of length bytes, is the body of a question in place of body.
	stream *source
	length int64
	x      *wire.Exchange
}

// The headers of the operations, as net/http writes their names.
const (
	headerAccept      = "X-Amzn-Sagemaker-Accept" // of streamed answers; the other operation has Accept
	headerContentType = "X-Amzn-Sagemaker-Content-Type"
	headerCustom      = "X-Amzn-Sagemaker-Custom-Attributes"
	headerModel       = "X-Amzn-Sagemaker-Target-Model"
	headerVariant     = "X-Amzn-Sagemaker-Target-Variant"
	headerContainer   = "X-Amzn-Sagemaker-Target-Container-Hostname"
	headerID          = "X-Amzn-Sagemaker-Inference-Id"
	headerExplain     = "X-Amzn-Sagemaker-Enable-Explanations"
	headerComponent   = "X-Amzn-Sagemaker-Inference-Component"
	headerInvoked     = "X-Amzn-Invoked-Production-Variant"
)

// read takes the members out of the request's head. What all requests have is
// checked here; the model's constraints are asked only where there is more.
func (in *invocation) read(x *wire.Exchange, op *schema.Operation, acceptHeader string) error {
	h := x.Request.Header
	*in = invocation{key: Key{x.Caller.Scope, x.Label}, body: x.Body, x: x}
	in.contentType, in.accept = first(h, "Content-Type"), first(h, acceptHeader)
	in.custom, in.model, in.variant = first(h, headerCustom), first(h, headerModel), first(h, headerVariant)
	in.container, in.id, in.explanations = first(h, headerContainer), first(h, headerID), first(h, headerExplain)
	in.component = first(h, headerComponent)
	if plain(in.contentType) && plain(in.accept) && in.custom == "" && in.model == "" && in.variant == "" &&
		in.container == "" && in.id == "" && in.explanations == "" && in.component == "" {
		return nil
	}
	return check(x, op)
}

// check holds the head against the model. The runtime's code is another than
// everybody's (InvokeEndpoint-1).
func check(x *wire.Exchange, op *schema.Operation) error {
	full := op.NewInput()
	err := codec.ReadRequest(op, x.Request, nil, full)
	if err == nil {
		switch full := full.(type) { // an empty body is one, too
		case *runtime.InvokeEndpointInput:
			full.Body = []byte{}
		case *runtime.InvokeEndpointWithResponseStreamInput:
			full.Body = []byte{}
		}
		if wrong := validate.Input(op.Input, full); wrong != nil {
			err = wrong
		}
	}
	var e *aws.Error
	if errors.As(err, &e) && e.Code == aws.ValidationException {
		return &aws.Error{Code: aws.ValidationError, Message: e.Message}
	}
	return err
}

// first is a header's first value.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// plain says that a header certainly keeps the model's constraints.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= 1024
}
