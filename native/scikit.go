package native

import (
	"encoding/json"
	"math"
	"net/http"

	"github.com/sagebrush/sagebrush/algo/trees"
)

// scikit is the style of files in the format sagebrush-trees: what script mode does
// for a model whose functions the script does not define.
type scikit struct{ m *trees.Model }

func (s scikit) accept(header string) (string, error) { return choose(header, inJSON, textCSV) }

func (s scikit) read(rows []float32, body []byte, contentType string) (out []float32, sparse bool, err error) {
	switch kind := base(contentType); kind {
	case textCSV, "csv":
		rows, err = readRows(rows, body, s.m.Features)
	case inJSON, "":
		rows, err = s.lists(rows, body)
	default:
		return nil, false, refuse(http.StatusUnsupportedMediaType, "The request has content type %s; this model takes %s and %s.", kind, inJSON, textCSV)
	}
	if err == nil {
		err = finite(s.m, rows)
	}
	return rows, false, err
}

// lists reads [[1, 2], [3, 4]], or one row alone; null is missing.
func (s scikit) lists(rows []float32, body []byte) ([]float32, error) {
	var many [][]*float64
	if err := json.Unmarshal(body, &many); err != nil {
		var one []*float64
		if json.Unmarshal(body, &one) != nil {
			return nil, bad("The request is no JSON of rows, [[1, 2, …], …]: %v.", err)
		}
		many = [][]*float64{one}
	}
	for i, row := range many {
		if len(row) != s.m.Features {
			return nil, bad("Row %d has %d features, the model %d.", i+1, len(row), s.m.Features)
		}
		for _, v := range row {
			f := math.NaN()
			if v != nil {
				f = *v
			}
			rows = append(rows, float32(f))
		}
	}
	return rows, nil
}

func (s scikit) write(out []byte, predictions []float64, kind string) []byte {
	n := s.m.Outputs
	lines := kind == textCSV
	if !lines {
		out = append(out, '[')
	}
	for i := 0; i < len(predictions); i += n {
		row := predictions[i : i+n]
		if i > 0 && !lines {
			out = append(out, ", "...)
		}
		switch {
		case s.m.Labels && lines:
			out = append(out, bare(s.m.Classes[s.m.Label(row)])...)
		case s.m.Labels:
			out = append(out, s.m.Classes[s.m.Label(row)]...)
		case lines:
			out = appendLines(out, row, n)
			continue
		default:
			out = appendRow(out, row)
		}
		if lines {
			out = append(out, '\n')
		}
	}
	if !lines {
		out = append(out, ']')
	}
	return out
}

// bare is a class as CSV has it: a text without its quotes.
func bare(class string) string {
	var text string
	if json.Unmarshal([]byte(class), &text) == nil {
		return text
	}
	switch class {
	case "true":
		return "True"
	case "false":
		return "False"
	}
	return class
}
