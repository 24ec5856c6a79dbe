package proxy_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/proxy"
)

var (
	moment  = time.Date(2026, 3, 4, 6, 6, 7, 891, time.FixedZone("", 3600))
	capture = proxy.Capture{Percentage: 100, Input: true, Output: true, CSV: []string{"text/csv"}, JSON: []string{"application/json", "Application/X-Lines"}}
)

// DataCapture-1: a line is what the documentation shows, byte by byte.
func TestLine(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]proxy.Record{
		`{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"1,\"2\"\n","encoding":"CSV"},` +
			`"endpointOutput":{"observedContentType":"application/json; charset=utf-8","mode":"OUTPUT","data":"{\"a\":1}","encoding":"JSON"}},` +
			`"eventMetadata":{"eventId":"e","inferenceId":"i","inferenceTime":"2026-03-04T05:06:07Z"},"eventVersion":"0"}`: {
			EventID: "e", InferenceID: "i", Time: moment,
			Input: &proxy.Payload{ContentType: "text/csv", Data: []byte("1,\"2\"\n")}, Output: &proxy.Payload{ContentType: "application/json; charset=utf-8", Data: []byte(`{"a":1}`)}},
		`{"captureData":{"endpointOutput":{"observedContentType":"image/png","mode":"OUTPUT","data":"AP8=","encoding":"BASE64"}},` +
			`"eventMetadata":{"eventId":"e","inferenceTime":"2026-03-04T05:06:07Z"},"eventVersion":"0"}`: {
			EventID: "e", Time: moment, Output: &proxy.Payload{ContentType: "image/png", Data: []byte{0, 255}}},
		`{"captureData":{"endpointInput":{"observedContentType":"","mode":"INPUT","data":"","encoding":"BASE64"}},` +
			`"eventMetadata":{"eventId":"e","inferenceTime":"2026-03-04T05:06:07Z"},"eventVersion":"0"}`: {
			EventID: "e", Time: moment, Input: &proxy.Payload{}},
	} {
		if got := string(capture.Line(r)); got != want+"\n" {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// DescribeEndpointConfig-3: how a body is written is for its type to say, in any
// case and with any parameters.
func TestEncoding(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]string{
		"text/csv": "CSV", "Text/CSV": "CSV", "text/csv;header=present": "CSV", " text/csv ; x": "CSV",
		"application/json": "JSON", "application/x-lines": "JSON",
		"": "BASE64", "text/plain": "BASE64", "text/csvx": "BASE64", "application/jsonlines": "BASE64",
	} {
		var got line
		if err := json.Unmarshal(capture.Line(proxy.Record{Input: &proxy.Payload{ContentType: contentType, Data: []byte("x")}}), &got); err != nil {
			t.Fatal(err)
		}
		if got.CaptureData.EndpointInput.Encoding != want {
			t.Errorf("%q is written as %s, want %s", contentType, got.CaptureData.EndpointInput.Encoding, want)
		}
	}
}

// line is what a reader of records makes of one.
type line struct {
	CaptureData struct {
		EndpointInput struct{ ObservedContentType, Mode, Data, Encoding string }
	}
	EventMetadata struct{ EventID, InferenceID, InferenceTime string }
	EventVersion  string
}

// DataCapture-1: whatever the body is, a record is one line of valid JSON, out of
// which the body comes as it was. What is no text is in base 64 whatever its type.
func TestLineKeepsBodies(t *testing.T) {
	t.Parallel()
	law := func(data []byte, text string, which uint8, id string) bool {
		if which&1 == 0 {
			data = []byte(text)
		}
		contentType := []string{"text/csv", "application/json", "image/png", ""}[which>>1&3]
		out := capture.Line(proxy.Record{EventID: "e", InferenceID: id, Time: moment, Input: &proxy.Payload{ContentType: contentType, Data: data}})
		if bytes.IndexByte(out, '\n') != len(out)-1 {
			return false
		}
		var got line
		if json.Unmarshal(out, &got) != nil || got.EventVersion != "0" || utf8.ValidString(id) && got.EventMetadata.InferenceID != id {
			return false
		}
		in := got.CaptureData.EndpointInput
		if in.ObservedContentType != contentType || in.Mode != "INPUT" {
			return false
		}
		if in.Encoding == "BASE64" {
			back, err := base64.StdEncoding.DecodeString(in.Data)
			return err == nil && bytes.Equal(back, data) && (which>>1&3 > 1 || !utf8.Valid(data))
		}
		return in.Data == string(data)
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}
