package native

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// readCSV appends the numbers of a CSV text as float32, as the images read them
// (csv_text.numbers): no header, an empty field is missing, the separator is told
// from the first line. It answers how many columns there are.
func readCSV(rows []float32, content []byte) (out []float32, columns int, err error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	t := table{separator: separator(content), content: content}
	begin := len(rows)
	for rest := content; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		before := len(rows)
		var ok bool
		if rows, ok = t.line(rows, line); !ok {
			return nil, 0, bad("%s", t.explain())
		}
		switch width := len(rows) - before; {
		case width == 0:
		case columns == 0:
			columns = width
		case columns != width:
			return nil, 0, bad("%s", t.explain())
		}
		if len(rows) > maxValues {
			return nil, 0, bad("The request has more than %d values.", maxValues)
		}
	}
	for _, v := range rows[begin:] {
		if math.IsInf(float64(v), 0) {
			return nil, 0, bad("%s", t.explain())
		}
	}
	return rows, columns, nil
}

// cutLine takes a line off a text; lines end with LF, CR or both.
func cutLine(text []byte) (line, rest []byte) {
	for i, c := range text {
		switch {
		case c == '\n' || c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			return text[:i], text[i+1:]
		case c == '\r':
			return text[:i], text[i+2:]
		}
	}
	return text, nil
}

// separator is what stands between the fields of the first line.
func separator(content []byte) byte {
	for rest := content; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		for _, c := range []byte(",\t;|") {
			if bytes.IndexByte(line, c) >= 0 {
				return c
			}
		}
		if bytes.IndexByte(line, ' ') >= 0 {
			return ' '
		}
		break
	}
	return ','
}

// table is a text that is being read.
type table struct {
	separator byte
	content   []byte
	// filled says whether empty fields are missing values, once it is known.
	filled *bool
}

// line appends the numbers of a line.
func (t *table) line(rows []float32, line []byte) ([]float32, bool) {
	if len(line) == 0 {
		return rows, true
	}
	if t.separator == ' ' {
		for field := range bytes.FieldsSeq(line) {
			f, ok := parseNumber(field)
			if !ok {
				return nil, false
			}
			rows = append(rows, float32(f))
		}
		return rows, true
	}
	for first, more := true, true; more; first = false {
		var field []byte
		field, line, more = bytes.Cut(line, []byte{t.separator})
		f, ok := parseNumber(field)
		if !ok {
			trimmed := bytes.TrimSpace(field)
			if len(trimmed) == 0 {
				if !t.missing(len(field) == 0, first, !more) {
					return nil, false
				}
				if first && !more { // a line of blanks
					return rows, true
				}
				f, ok = math.NaN(), true
			} else {
				f, ok = parseNumber(trimmed)
			}
		}
		if !ok {
			return nil, false
		}
		rows = append(rows, float32(f))
	}
	return rows, true
}

// missing says whether a field without a number is a missing value: where the text
// has empty fields at all, and between others only without blanks.
func (t *table) missing(empty, first, last bool) bool {
	if t.filled == nil {
		mark := []byte{t.separator}
		found := false
		for rest := t.content; len(rest) > 0 && !found; {
			var line []byte
			line, rest = cutLine(rest)
			found = bytes.Contains(line, []byte{t.separator, t.separator}) || bytes.HasPrefix(line, mark) ||
				bytes.HasSuffix(line, mark) || bytes.HasSuffix(line, []byte{t.separator, ' '})
		}
		t.filled = &found
	}
	return *t.filled && (empty || first || last)
}

// explain is the first thing that is wrong with a text.
func (t *table) explain() string {
	const name = "request body"
	width, number := 0, 0
	for rest := t.content; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		fields := strings.Split(strings.ToValidUTF8(string(line), "\ufffd"), string(t.separator))
		column, filled, wrong := 0, 0, 0
		for i, field := range fields {
			fields[i] = strings.TrimSpace(field)
			if fields[i] == "" {
				continue
			}
			filled++
			if f, ok := parseLoose([]byte(fields[i])); !ok || math.Abs(f) > 3.4028235e38 {
				if wrong++; wrong == 1 {
					column = i + 1
				}
			}
		}
		switch {
		case wrong > 0 && width == 0 && wrong == filled && len(fields) > 1:
			return fmt.Sprintf("File %s, line %d is a header (%s): CSV for this algorithm has no header, and the label in the first column.",
				name, number, shorten(strings.Join(fields, ",")))
		case wrong > 0:
			return fmt.Sprintf("File %s is not CSV of numbers: line %d, column %d holds %s, which is not a finite number.",
				name, number, column, quote(shorten(fields[column-1])))
		case width > 0 && len(fields) != width:
			return fmt.Sprintf("File %s is not CSV of numbers: line %d has %d columns, the lines before it have %d.",
				name, number, len(fields), width)
		}
		width = len(fields)
	}
	return fmt.Sprintf("File %s is not CSV of numbers.", name)
}

// shorten keeps the beginning of a text.
func shorten(text string) string {
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}

// quote writes a text as Python's repr does, as far as texts in a request go.
func quote(text string) string {
	mark := "'"
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = `"`
	}
	var out strings.Builder
	out.WriteString(mark)
	for _, r := range text {
		switch {
		case string(r) == mark || r == '\\':
			out.WriteRune('\\')
			out.WriteRune(r)
		case r == '\t':
			out.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteString(mark)
	return out.String()
}
