package explain

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/jmespath/go-jmespath"
)

// Media types of what is explained.
const (
	mimeCSV       = "text/csv"
	mimeJSONLines = "application/jsonlines"
)

// placeholder is where a ContentTemplate has the features.
const placeholder = "$features"

// mediaType is a Content-Type without its parameters.
func mediaType(contentType string) string {
	if t, _, err := mime.ParseMediaType(contentType); err == nil {
		return t
	}
	return strings.ToLower(strings.TrimSpace(contentType))
}

// readable says whether a client that accepts that may get an answer that can be
// explained.
func readable(accept string) bool {
	if strings.TrimSpace(accept) == "" {
		return true
	}
	for one := range strings.SplitSeq(accept, ",") {
		switch mediaType(one) {
		case mimeCSV, mimeJSONLines, "*/*", "text/*", "application/*":
			return true
		}
	}
	return false
}

// format reads and writes records of features.
type format struct {
	// features finds the features in a record of JSON Lines, nil for records that are
	// lists of features.
	features *jmespath.JMESPath
	// template is what records of JSON Lines are written with, "" for bare lists.
	template string
}

// record is one record: its features, and how the client wrote it, if it did.
type record struct {
	cells []cell
	raw   []byte
}

// read takes data apart into records.
func (f format) read(contentType string, data []byte) ([]record, error) {
	switch t := mediaType(contentType); t {
	case mimeCSV:
		return readCSV(data)
	case mimeJSONLines:
		return f.readLines(data)
	default:
		return nil, fmt.Errorf("records of the type %q cannot be explained: send them as %s or %s", contentType, mimeCSV, mimeJSONLines)
	}
}

func readCSV(data []byte) (list []record, err error) {
	rows, err := csvRows(data)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		cells := make([]cell, len(row))
		for i, text := range row {
			cells[i] = csvCell(text)
		}
		list = append(list, record{cells: cells})
	}
	return list, nil
}

// csvRows reads CSV whose rows may have any number of cells. Empty lines are none.
func csvRows(data []byte) (rows [][]string, err error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the CSV cannot be read: %w", err)
		}
		rows = append(rows, row)
	}
}

// lines are the lines of JSON Lines that are not empty.
func lines(data []byte) (list [][]byte) {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			list = append(list, line)
		}
	}
	return list
}

func (f format) readLines(data []byte) (list []record, err error) {
	for n, line := range lines(data) {
		value, err := decode(line)
		if err != nil {
			return nil, fmt.Errorf("line %d is no JSON: %w", n+1, err)
		}
		items, bare := value.([]any)
		if f.features != nil && !bare {
			if value, err = f.features.Search(value); err != nil {
				return nil, fmt.Errorf("FeaturesAttribute cannot be applied to line %d: %w", n+1, err)
			}
			if items, bare = value.([]any); !bare {
				return nil, fmt.Errorf("FeaturesAttribute finds no list of features in line %d", n+1)
			}
		}
		if !bare {
			return nil, fmt.Errorf("line %d is no list of features: say with FeaturesAttribute where it has them", n+1)
		}
		cells := make([]cell, len(items))
		for i, item := range items {
			if cells[i], err = jsonCell(item); err != nil {
				return nil, fmt.Errorf("feature %d of line %d: %w", i, n+1, err)
			}
		}
		list = append(list, record{cells: cells, raw: line})
	}
	return list, nil
}

// decode reads one value of JSON and keeps numbers as they are written.
func decode(data []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is more after its end")
	}
	return value, nil
}

// write is a record as the model reads it: one line without its end.
func (f format) write(contentType string, cells []cell) []byte {
	var b bytes.Buffer
	if mediaType(contentType) == mimeCSV {
		if len(cells) == 1 && cells[0].text == "" {
			return []byte(`""`) // else the line would be empty, which is no record
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = c.text
		}
		w := csv.NewWriter(&b)
		_ = w.Write(row) // into memory: it cannot fail
		w.Flush()
		return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	b.WriteByte('[')
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.json)
	}
	b.WriteByte(']')
	if f.template == "" {
		return b.Bytes()
	}
	return []byte(strings.ReplaceAll(f.template, placeholder, b.String()))
}
