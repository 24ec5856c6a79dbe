package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// cell is the value of a feature. Its text stays as the client wrote it.
type cell struct {
	text string // as a cell of CSV
	json string // in JSON
	// number is what it says, when isNumber.
	number   float64
	isNumber bool
}

// csvCell is a cell of CSV, where numbers are what looks like one.
func csvCell(text string) cell {
	c := cell{text: text}
	trimmed := strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(trimmed, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
		c.number, c.isNumber = n, true
		if c.json = trimmed; !json.Valid([]byte(trimmed)) { // such as +1 or .5
			c.json = strconv.FormatFloat(n, 'g', -1, 64)
		}
		return c
	}
	c.json = quoted(text)
	return c
}

// textCell is a text.
func textCell(text string) cell { return cell{text: text, json: quoted(text)} }

// jsonCell is a value of JSON, decoded with numbers as they are written.
func jsonCell(value any) (cell, error) {
	switch v := value.(type) {
	case string:
		return textCell(v), nil
	case json.Number:
		n, err := v.Float64()
		if err != nil {
			return cell{}, fmt.Errorf("the number %s is too large", v)
		}
		return cell{text: v.String(), json: v.String(), number: n, isNumber: true}, nil
	case bool:
		text := strconv.FormatBool(v)
		return cell{text: text, json: text}, nil
	case nil:
		return cell{json: "null"}, nil
	}
	return cell{}, fmt.Errorf("a feature is a number, a text, true, false or null, and not a list or an object")
}

// same says whether a model cannot tell two values apart.
func (c cell) same(d cell) bool {
	if c.isNumber && d.isNumber {
		return c.number == d.number
	}
	return c.isNumber == d.isNumber && c.text == d.text
}

// quoted is a text in JSON.
func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a text it cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
