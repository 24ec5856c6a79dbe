package codec

import (
	"fmt"
	"reflect"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
)

// The REST-JSON protocol spreads an input over the path, the query string, the
// headers and the body, and an output over the status, the headers and the
// body. This file sorts the members; rest_request.go and rest_response.go do
// the two directions.

// memberNamed is the member of shape, a structure, with the given model name.
func memberNamed(shape *schema.Shape, name string) (*schema.Member, error) {
	for i := range shape.Members {
		if shape.Members[i].Name == name {
			return &shape.Members[i], nil
		}
	}
	return nil, fmt.Errorf("codec: %s has no member %s", shape.Name, name)
}

// fieldOf is the Go field of m in v, a struct.
func fieldOf(v reflect.Value, m *schema.Member) (*plan, reflect.Value, error) {
	field := v.Field(m.Field)
	p, err := planFor(m.Shape, field.Type(), m.TimestampFormat)
	return p, field, err
}

// hasBodyMembers says whether shape has members that belong into a JSON body.
func hasBodyMembers(shape *schema.Shape) bool {
	for i := range shape.Members {
		if shape.Members[i].Location == "" {
			return true
		}
	}
	return false
}

// readBody fills what the body carries: the payload member, or all members
// without a location. An empty body leaves them absent.
func readBody(shape *schema.Shape, payload string, body []byte, into any) error {
	if payload == "" {
		if len(body) == 0 || !hasBodyMembers(shape) {
			return nil
		}
		return DecodeJSON(shape, body, into)
	}
	_, v, err := target(shape, into)
	if err != nil {
		return err
	}
	m, err := memberNamed(shape, payload)
	if err != nil {
		return err
	}
	_, field, err := fieldOf(v, m)
	if err != nil {
		return err
	}
	switch m.Shape.Kind {
	case schema.Blob:
		if body == nil {
			body = []byte{}
		}
		field.SetBytes(body)
	case schema.String:
		s := string(body)
		field.Set(reflect.ValueOf(&s))
	case schema.Structure, schema.Union:
		if len(body) == 0 {
			return nil
		}
		field.Set(reflect.New(field.Type().Elem()))
		return DecodeJSON(m.Shape, body, field.Interface())
	case schema.EventStream:
		// The body is a stream of frames that the caller reads or writes.
	default:
		return fmt.Errorf("codec: %s of %s can be no payload", payload, shape.Name)
	}
	return nil
}

// jsonType is the media type of JSON bodies in REST-JSON.
const jsonType = "application/json"

// writeBody is the opposite of readBody. contentType is "" where a header
// member or the caller must say what the body is.
func writeBody(shape *schema.Shape, payload string, from any) (body []byte, contentType string, err error) {
	if payload == "" {
		if !hasBodyMembers(shape) {
			return nil, "", nil
		}
		body, err = AppendJSON(nil, shape, from)
		return body, jsonType, err
	}
	_, v, err := target(shape, from)
	if err != nil {
		return nil, "", err
	}
	m, err := memberNamed(shape, payload)
	if err != nil {
		return nil, "", err
	}
	_, field, err := fieldOf(v, m)
	if err != nil {
		return nil, "", err
	}
	switch m.Shape.Kind {
	case schema.Blob:
		return field.Bytes(), "", nil
	case schema.String:
		if field.IsNil() {
			return nil, "", nil
		}
		return []byte(field.Elem().String()), "", nil
	case schema.Structure, schema.Union:
		if field.IsNil() {
			return []byte("{}"), jsonType, nil
		}
		body, err = AppendJSON(nil, m.Shape, field.Interface())
		return body, jsonType, err
	case schema.EventStream:
		return nil, "application/vnd.amazon.eventstream", nil
	}
	return nil, "", fmt.Errorf("codec: %s of %s can be no payload", payload, shape.Name)
}

// badParameter is the refusal of a header or parameter.
func badParameter(m *schema.Member, text string) error {
	return aws.Errorf(aws.SerializationException, "'%s' can not be converted to %s, at '%s'",
		clip([]byte(text)), goNames[m.Shape.Kind], LowerFirst(m.Name))
}
