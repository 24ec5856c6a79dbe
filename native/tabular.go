package native

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/algo/trees"
)

// tabular is the style of the image lightgbm (images/builtin/algorithm/tabular_answers.py).
type tabular struct {
	m       *trees.Model
	classes []json.RawMessage // nil for measurements
	labels  []byte            // the classes as a list
	// categories are the numbers of the categories of features that are no numbers.
	categories map[int]map[string]float32
}

func newTabular(m *trees.Model, data []byte) (*tabular, error) {
	var about struct {
		Classes    []json.RawMessage   `json:"classes"`
		Categories map[string][]string `json:"categories"`
		Features   int                 `json:"features"`
	}
	if err := json.Unmarshal(data, &about); err != nil {
		return nil, fmt.Errorf("%s: %w", aboutFile, err)
	}
	if about.Features != m.Features {
		return nil, fmt.Errorf("%s is of %d features, the model has %d", aboutFile, about.Features, m.Features)
	}
	t := &tabular{m: m, classes: about.Classes, categories: map[int]map[string]float32{}}
	if n := len(about.Classes); about.Classes != nil && n != m.Outputs && (n != 2 || m.Outputs != 1) {
		return nil, fmt.Errorf("%s names %d classes, the model has %d outputs", aboutFile, n, m.Outputs)
	}
	for key, names := range about.Categories {
		at, err := strconv.Atoi(key)
		if err != nil || at < 0 || at >= m.Features {
			return nil, fmt.Errorf("%s names the feature %.40q of %d", aboutFile, key, m.Features)
		}
		t.categories[at] = map[string]float32{}
		for number, name := range names {
			t.categories[at][name] = float32(number)
		}
	}
	t.labels = append(t.labels, '[')
	for i, class := range about.Classes {
		if i > 0 {
			t.labels = append(t.labels, ", "...)
		}
		t.labels = append(t.labels, class...)
	}
	t.labels = append(t.labels, ']')
	return t, nil
}

func (t *tabular) accept(header string) (string, error) { return choose(header, inJSON) }

func (t *tabular) read(rows []float32, body []byte, contentType string) ([]float32, bool, error) {
	if contentType == "" {
		contentType = textCSV
	}
	if kind := base(contentType); kind != textCSV && kind != "csv" {
		return nil, false, refuse(http.StatusUnsupportedMediaType, "The request has content type %s; this model takes %s.", kind, textCSV)
	}
	var err error
	if len(t.categories) > 0 {
		rows, err = t.named(rows, body)
	} else {
		rows, err = readRows(rows, body, t.m.Features)
	}
	return rows, false, err
}

// named reads CSV in which some features are names of categories.
func (t *tabular) named(rows []float32, body []byte) ([]float32, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	r.LazyQuotes, r.FieldsPerRecord = true, -1
	records, err := r.ReadAll()
	if err != nil {
		return nil, bad("The request is no CSV: %v.", err)
	}
	for i, record := range records {
		if len(record) != len(records[0]) {
			return nil, bad("File request body, row %d has %d columns, the first one %d.", i+1, len(record), len(records[0]))
		}
		if len(record) != t.m.Features {
			return nil, bad("The request has %d features, the model %d; requests carry no label.", len(record), t.m.Features)
		}
		for k, field := range record {
			field = strings.TrimSpace(field)
			if names, ok := t.categories[k]; ok {
				number, known := names[field]
				if !known {
					number = -1
				}
				rows = append(rows, number)
				continue
			}
			f, ok := parseLoose([]byte(field))
			if field == "" {
				f, ok = math.NaN(), true
			}
			if !ok {
				return nil, bad("File request body, row %d, column %d holds %s, which is no number. categorical_index.json names columns with categories.",
					i+1, k, quote(shorten(field)))
			}
			rows = append(rows, float32(f))
		}
	}
	return rows, nil
}

func (t *tabular) write(out []byte, predictions []float64, _ string) []byte {
	n := t.m.Outputs
	if t.classes == nil {
		out = append(out, `{"prediction": [`...)
		for i := 0; i < len(predictions); i += n {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = appendRow(out, predictions[i:i+n])
		}
		return append(out, "]}"...)
	}
	out = append(out, `{"probabilities": [`...)
	for i := 0; i < len(predictions); i += n {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = appendRow(out, t.both(predictions[i:i+n], &[2]float64{}))
	}
	out = append(append(out, `], "labels": `...), t.labels...)
	out = append(out, `, "predicted_label": [`...)
	for i := 0; i < len(predictions); i += n {
		if i > 0 {
			out = append(out, ", "...)
		}
		row := t.both(predictions[i:i+n], &[2]float64{})
		best := 0
		for k, p := range row {
			if p > row[best] {
				best = k
			}
		}
		out = append(out, t.classes[best]...)
	}
	return append(out, "]}"...)
}

// both is a probability of each class; a binary model predicts that of the second.
func (t *tabular) both(row []float64, room *[2]float64) []float64 {
	if len(row) == 1 && len(t.classes) == 2 {
		room[0], room[1] = 1-row[0], row[0]
		return room[:]
	}
	return row
}
