package proxy

import (
	"encoding/base64"
	"mime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Capture is what is recorded of an endpoint's requests (DescribeEndpointConfig-3).
type Capture struct {
	// Percentage of the requests, 0 to 100.
	Percentage int
	// Input and Output say which bodies are recorded.
	Input, Output bool
	// CSV and JSON are the content types whose bodies are written as they are; all
	// others are written in base 64.
	CSV, JSON []string
}

// Record is one request of which data is captured.
type Record struct {
	// EventID is the request's id, InferenceID the client's own, "" for none.
	EventID, InferenceID string
	Time                 time.Time
	// Input and Output are nil where they are not recorded.
	Input, Output *Payload
}

// Payload is a body with its type.
type Payload struct {
	ContentType string
	Data        []byte
}

// Line is the record as Model Monitor reads it: a JSON object and a line end
// (DataCapture-1).
func (c *Capture) Line(r Record) []byte {
	b := make([]byte, 0, 512)
	b = append(b, `{"captureData":{`...)
	if r.Input != nil {
		b = append(b, `"endpointInput":`...)
		b = c.appendPayload(b, r.Input, "INPUT")
	}
	if r.Output != nil {
		if r.Input != nil {
			b = append(b, ',')
		}
		b = append(b, `"endpointOutput":`...)
		b = c.appendPayload(b, r.Output, "OUTPUT")
	}
	b = append(b, `},"eventMetadata":{"eventId":`...)
	b = quote(b, r.EventID)
	if r.InferenceID != "" {
		b = append(b, `,"inferenceId":`...)
		b = quote(b, r.InferenceID)
	}
	b = append(b, `,"inferenceTime":"`...)
	b = r.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05Z")
	return append(b, "\"},\"eventVersion\":\"0\"}\n"...)
}

func (c *Capture) appendPayload(b []byte, p *Payload, mode string) []byte {
	b = append(b, `{"observedContentType":`...)
	b = quote(b, p.ContentType)
	b = append(b, `,"mode":"`...)
	b = append(b, mode...)
	b = append(b, `","data":`...)
	encoding := c.encoding(p)
	if encoding == "BASE64" {
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, p.Data)
		b = append(b, '"')
	} else {
		b = quote(b, string(p.Data))
	}
	b = append(b, `,"encoding":"`...)
	b = append(b, encoding...)
	return append(b, `"}`...)
}

// encoding is how a body is written. What is no UTF-8 fits no JSON string.
func (c *Capture) encoding(p *Payload) string {
	t := mediaType(p.ContentType)
	is := func(s string) bool { return mediaType(s) == t }
	switch {
	case t == "" || !utf8.Valid(p.Data):
		return "BASE64"
	case slices.ContainsFunc(c.CSV, is):
		return "CSV"
	case slices.ContainsFunc(c.JSON, is):
		return "JSON"
	}
	return "BASE64"
}

// mediaType is a content type without parameters, in lower case.
func mediaType(s string) string {
	if t, _, err := mime.ParseMediaType(s); err == nil {
		return t
	}
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // invalid UTF-8, the only error, is replaced
	return b
}
