package codec

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// Response is an answer before it is written.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// WriteResponse spreads out, an output of op, over status, headers and body.
// The body of an operation that answers an event stream is empty: the caller
// writes the frames.
func WriteResponse(op *schema.Operation, out any) (*Response, error) {
	_, v, err := target(op.Output, out)
	if err != nil {
		return nil, err
	}
	r := &Response{Status: op.Status, Header: http.Header{}}
	if err := writeHeaders(op.Output, v, r.Header); err != nil {
		return nil, err
	}
	for i := range op.Output.Members {
		m := &op.Output.Members[i]
		if m.Location != "statusCode" {
			continue
		}
		if field := v.Field(m.Field); !field.IsNil() {
			r.Status = int(field.Elem().Int())
		}
	}
	body, contentType, err := writeBody(op.Output, op.OutputPayload, out)
	if err != nil {
		return nil, err
	}
	r.Body = body
	if contentType != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r, nil
}

// ReadResponse fills out, a new output of op, from an answer.
func ReadResponse(op *schema.Operation, status int, header http.Header, body []byte, out any) error {
	_, v, err := target(op.Output, out)
	if err != nil {
		return err
	}
	if err := readBody(op.Output, op.OutputPayload, body, out); err != nil {
		return err
	}
	for i := range op.Output.Members {
		m := &op.Output.Members[i]
		switch m.Location {
		case "header":
			if texts := header.Values(wireName(m)); len(texts) > 0 {
				err = setFromTexts(v, m, headerTexts(m, texts))
			}
		case "headers":
			err = setPrefixed(v, m, header)
		case "statusCode":
			n := int32(status)
			v.Field(m.Field).Set(reflect.ValueOf(&n))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeHeaders writes the members that travel as headers.
func writeHeaders(shape *schema.Shape, v reflect.Value, h http.Header) error {
	for i := range shape.Members {
		m := &shape.Members[i]
		switch m.Location {
		case "header":
			texts, err := textsOf(v, m, "rfc822")
			if err != nil {
				return err
			}
			if len(texts) > 0 {
				h.Set(wireName(m), strings.Join(texts, ", "))
			}
		case "headers":
			for _, key := range v.Field(m.Field).MapKeys() {
				h.Set(m.LocationName+key.String(), v.Field(m.Field).MapIndex(key).String())
			}
		}
	}
	return nil
}

// setPrefixed gathers the headers with the member's prefix into its map.
func setPrefixed(v reflect.Value, m *schema.Member, h http.Header) error {
	prefix := http.CanonicalHeaderKey(m.LocationName)
	found := map[string]string{}
	for name := range h {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			found[rest] = h.Get(name)
		}
	}
	if len(found) > 0 {
		v.Field(m.Field).Set(reflect.ValueOf(found))
	}
	return nil
}
