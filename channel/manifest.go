package channel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sagebrush/sagebrush/blob"
)

// parseManifest reads a ManifestFile: a JSON array of {"prefix": "s3://…"} and
// then suffixes; each prefix+suffix is the URI of an object (TrainData-6,
// Data-1). each is called with every suffix; its error ends the reading.
func parseManifest(r io.Reader, each func(suffix string) error) (prefix string, err error) {
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return "", badJSON("is no JSON array", err)
	}
	var head struct{ Prefix *string }
	if !d.More() {
		return "", errors.New("is empty: its first element must be an object with the member \"prefix\"")
	}
	if err := d.Decode(&head); err != nil {
		return "", badJSON("must begin with an object such as {\"prefix\": \"s3://bucket/folder/\"}", err)
	}
	if head.Prefix == nil || *head.Prefix == "" {
		return "", errors.New("has no \"prefix\" in its first element, or an empty one")
	}
	if _, _, err := blob.ParseURI(*head.Prefix); err != nil {
		return "", fmt.Errorf("has a \"prefix\" that cannot be used: %w", err)
	}
	for n := 2; d.More(); n++ {
		var suffix *string
		if err := d.Decode(&suffix); err != nil || suffix == nil {
			return "", badJSON(fmt.Sprintf("has an element %d that is no string", n), err)
		}
		if err := each(*suffix); err != nil {
			return "", err
		}
	}
	if _, err := d.Token(); err != nil {
		return "", badJSON("is cut short", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return "", errors.New("goes on after its array")
	}
	return *head.Prefix, nil
}

// badJSON is what is wrong, with the parser's word for it; errors of reading are
// passed on.
func badJSON(what string, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return errors.New(what)
	case err == io.EOF || err == io.ErrUnexpectedEOF || errors.As(err, &syntax) || errors.As(err, &kind):
		return fmt.Errorf("%s (%v)", what, err)
	}
	return &readError{err}
}

// readError is a failure of reading, not of what was read.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

func (e *readError) Unwrap() error { return e.err }
