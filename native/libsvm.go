package native

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// readLibsvm appends rows of INDEX:VALUE, with or without a label before them, as
// rows of so many features; a feature that is not named is missing.
func readLibsvm(rows []float32, content []byte, features int) ([]float32, error) {
	number, highest := 0, -1
	for rest := content; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		number++
		line, _, _ = bytes.Cut(line, []byte("#"))
		begun := false
		for token := range bytes.FieldsSeq(line) {
			if !begun {
				begun = true
				if len(rows)+features > maxValues {
					return nil, bad("The request has too many rows for a model of %d features.", features)
				}
				for range features {
					rows = append(rows, float32(math.NaN()))
				}
				if bytes.IndexByte(token, ':') < 0 {
					if _, ok := finiteNumber(token); !ok {
						return nil, notLibsvm(number, token)
					}
					continue
				}
			}
			name, text, _ := bytes.Cut(token, []byte(":"))
			if string(name) == "qid" {
				if _, ok := wholeNumber(text); !ok {
					return nil, notLibsvm(number, token)
				}
				continue
			}
			index, whole := wholeNumber(name)
			value, ok := finiteNumber(text)
			if !whole || index < 0 || !ok {
				return nil, notLibsvm(number, token)
			}
			highest = max(highest, index)
			if index >= features {
				continue
			}
			at := &rows[len(rows)-features+index]
			if *at == *at {
				return nil, bad("File request body is not libsvm text: line %d names feature %d twice.", number, index)
			}
			*at = float32(value)
		}
	}
	if highest >= features {
		return nil, bad("The request names feature %d, the model has %d.", highest, features)
	}
	return rows, nil
}

func finiteNumber(b []byte) (float64, bool) {
	f, ok := parseLoose(b)
	return f, ok && math.Abs(f) <= 3.4028235e38
}

func wholeNumber(b []byte) (int, bool) {
	plain, ok := withoutMarks(b)
	n, err := strconv.Atoi(string(plain))
	return n, ok && err == nil
}

func notLibsvm(number int, token []byte) error {
	return bad("File request body is not libsvm text: line %d holds %s, where a row is LABEL[:WEIGHT] INDEX:VALUE INDEX:VALUE … with numbers only.",
		number, quote(shorten(strings.ToValidUTF8(string(token), "\ufffd"))))
}
