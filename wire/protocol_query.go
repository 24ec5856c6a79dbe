package wire

import (
	"net/http"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire/query"
)

const formType = "application/x-www-form-urlencoded"

// form is the parsed form of a query request, nil before it is bound.
type form = *query.Form

// queryProtocol is forms one way and XML the other; a signed GET carries the form
// in its URL.
type queryProtocol struct{}

func (queryProtocol) bind(c *call) error {
	if c.r.Method == http.MethodPost && len(c.body) > 0 && !isForm(c.r) {
		return aws.Errorf(aws.SerializationException, "The Content-Type must be %s, not '%s'.", formType, clip(mediaType(c.r)))
	}
	var err error
	if c.form, err = query.Parse(c.r.URL.RawQuery, string(c.body)); err != nil {
		return err
	}
	if c.opName = c.form.Get("Action"); c.opName == "" {
		return &aws.Error{Code: "MissingAction", Message: "The request must contain the parameter Action."}
	}
	if c.service == nil {
		return aws.Errorf(aws.UnknownOperationException, "Could not find operation %s for version %s.", clip(c.opName), clip(c.form.Get("Version")))
	}
	c.operation = c.service.operations[c.opName]
	if v := c.form.Get("Version"); c.operation == nil || v != "" && v != c.service.APIVersion {
		return aws.Errorf(aws.UnknownOperationException, "Could not find operation %s for version %s.", clip(c.opName), clip(v))
	}
	return nil
}

func (queryProtocol) decode(c *call) error {
	if c.operation.Input == nil {
		return nil
	}
	return query.Decode(c.operation.Input, c.form, c.in)
}

func (queryProtocol) encode(c *call, dst []byte) ([]byte, error) {
	c.contentType = query.ContentType
	return query.AppendResponse(dst, c.service.Service, c.operation.Operation, c.out, c.id), nil
}

func (queryProtocol) fail(c *call, dst []byte, f fault) []byte {
	c.contentType = query.ContentType
	namespace := ""
	if c.service != nil {
		namespace = c.service.XMLNamespace
	}
	return query.AppendError(dst, namespace, f.kind, queryCode(f.code), f.message, c.id)
}
