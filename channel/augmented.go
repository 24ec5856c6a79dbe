package channel

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine is the longest line of an augmented manifest in bytes.
const maxLine = 16 << 20

// value is one attribute of one line: the URI of an object whose bytes are
// streamed, or bytes.
type value struct {
	ref     string
	literal []byte
}

// parseAugmented reads an augmented manifest, JSON Lines, and calls each with
// the values of the named attributes, in that order, of every line (TrainData-7).
// The name of an attribute that refers to an object ends in "-ref".
func parseAugmented(r io.Reader, names []string, each func(values []value) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	for n := 1; in.Scan(); n++ {
		line := bytes.TrimSpace(in.Bytes())
		if len(line) == 0 {
			continue
		}
		values, err := parseLine(line, names)
		if err != nil {
			return fmt.Errorf("line %d %w", n, err)
		}
		if err := each(values); err != nil {
			return err
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("has a line of more than %d MiB", maxLine>>20)
	} else if err != nil {
		return &readError{err}
	}
	return nil
}

func parseLine(line []byte, names []string) ([]value, error) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(line, &attributes); err != nil || attributes == nil {
		return nil, badJSON("is no JSON object", err)
	}
	values := make([]value, 0, len(names))
	for _, name := range names {
		raw, ok := attributes[name]
		if !ok {
			return nil, fmt.Errorf("has no attribute %q. Names are case-sensitive", name)
		}
		v, err := parseValue(name, raw)
		if err != nil {
			return nil, fmt.Errorf("has an attribute %q that %w", name, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// parseValue is a string's text, or the JSON of anything else in its shortest
// form.
func parseValue(name string, raw json.RawMessage) (value, error) {
	var text string
	isText := raw[0] == '"'
	if isText {
		if err := json.Unmarshal(raw, &text); err != nil {
			return value{}, err
		}
	}
	if strings.HasSuffix(name, "-ref") {
		if !isText {
			return value{}, errors.New("must be a string with the URI of an object")
		}
		if _, _, err := splitObject(text); err != nil {
			return value{}, fmt.Errorf("is not the URI of an object: %w", err)
		}
		return value{ref: text}, nil
	}
	if isText {
		return value{literal: []byte(text)}, nil
	}
	var short bytes.Buffer
	if err := json.Compact(&short, raw); err != nil {
		return value{}, err
	}
	return value{literal: short.Bytes()}, nil
}
