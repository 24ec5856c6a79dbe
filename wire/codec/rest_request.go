package codec

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
)

// ReadRequest fills in, a new input of op, from a REST-JSON request whose body
// was read already. It does not fail for members that are missing: that is the
// validator's part.
func ReadRequest(op *schema.Operation, r *http.Request, body []byte, in any) error {
	_, v, err := target(op.Input, in)
	if err != nil {
		return err
	}
	labels, ok := MatchPath(op.Path, r.URL.EscapedPath())
	if !ok {
		return aws.Errorf(aws.UnknownOperationException, "%s is not called under the path %s", op.Name, r.URL.Path)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return aws.Errorf(aws.SerializationException, "The query string is malformed: %w", err)
	}
	if err := readBody(op.Input, op.InputPayload, body, in); err != nil {
		return err
	}
	for i := range op.Input.Members {
		m := &op.Input.Members[i]
		name := wireName(m)
		switch m.Location {
		case "uri":
			err = setFromText(v, m, labels[name])
		case "querystring":
			if texts := query[name]; len(texts) > 0 {
				err = setFromTexts(v, m, texts)
			}
		case "header":
			if texts := r.Header.Values(name); len(texts) > 0 {
				err = setFromTexts(v, m, headerTexts(m, texts))
			}
		case "headers":
			err = setPrefixed(v, m, r.Header)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// headerTexts splits a list's header at its commas; other headers come once.
func headerTexts(m *schema.Member, texts []string) []string {
	if m.Shape.Kind != schema.List {
		return texts
	}
	var out []string
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

// WriteRequest puts in, an input of op, into r: method, path, query string,
// headers and body. The scheme and host are the caller's.
func WriteRequest(op *schema.Operation, in any, r *http.Request) error {
	_, v, err := target(op.Input, in)
	if err != nil {
		return err
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	labels := map[string]string{}
	_, fixed, _ := strings.Cut(op.Path, "?")
	query, err := url.ParseQuery(fixed)
	if err != nil {
		return err
	}
	for i := range op.Input.Members {
		m := &op.Input.Members[i]
		name := wireName(m)
		switch m.Location {
		case "uri":
			if labels[name], _, err = textOf(v, m, "iso8601"); err != nil {
				return err
			}
		case "querystring":
			texts, err := textsOf(v, m, "iso8601")
			if err != nil {
				return err
			}
			if len(texts) > 0 {
				query[name] = texts
			}
		}
	}
	if err := writeHeaders(op.Input, v, r.Header); err != nil {
		return err
	}
	path, err := buildPath(op.Path, labels)
	if err != nil {
		return err
	}
	if r.URL == nil {
		r.URL = new(url.URL)
	}
	r.Method = op.Method
	r.URL.RawPath = path
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		return err
	}
	r.URL.RawQuery = query.Encode()
	body, contentType, err := writeBody(op.Input, op.InputPayload, in)
	if err != nil {
		return err
	}
	if contentType != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.ContentLength = int64(len(body))
	return nil
}
