package explain

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jmespath/go-jmespath"
)

// selectors say where a prediction has its scores and labels (CreateEndpointConfig-15).
type selectors struct {
	scoreIndex, labelIndex *int32
	score, label           *jmespath.JMESPath
}

// prediction is what the model answers to one record.
type prediction struct {
	whole  any       // as JMESPath sees it: a list for CSV
	scores []float64 // what is explained
	labels []string  // names of the scores, if the answer has them
}

// miscount is an answer with another number of predictions than there were records,
// as a model gives that takes only so many at once.
type miscount struct{ got, want int }

func (m miscount) Error() string {
	return fmt.Sprintf("it has %d predictions for %d records", m.got, m.want)
}

// read takes the answer to n records apart.
func (s selectors) read(contentType string, data []byte, n int) ([]prediction, error) {
	var list []prediction
	var err error
	switch t := mediaType(contentType); t {
	case mimeCSV:
		list, err = s.readCSV(data, n)
	case mimeJSONLines:
		list, err = s.readLines(data)
	default:
		return nil, fmt.Errorf("its type is %q, and only %s and %s can be explained: name one of them as Accept, and have the container answer in it", contentType, mimeCSV, mimeJSONLines)
	}
	if err == nil && len(list) != n {
		err = miscount{len(list), n}
	}
	return list, err
}

// readCSV reads one prediction a line, or of a single line one a cell where there
// are as many records.
func (s selectors) readCSV(data []byte, n int) (list []prediction, err error) {
	rows, err := csvRows(data)
	if err != nil {
		return nil, err
	}
	if len(rows) == 1 && n > 1 && len(rows[0]) == n {
		row := rows[0]
		rows = make([][]string, n)
		for i := range row {
			rows[i] = row[i : i+1]
		}
	}
	for _, row := range rows {
		cells := make([]any, len(row))
		for i, text := range row {
			cells[i] = cellValue(text)
		}
		p := prediction{whole: cells}
		chosen := any(cells)
		if s.scoreIndex != nil {
			if chosen, err = at(cells, *s.scoreIndex, "ProbabilityIndex"); err != nil {
				return nil, err
			}
		} else if len(cells) == 1 {
			chosen = cells[0]
		}
		if p.scores, err = numbers(chosen); err != nil {
			return nil, err
		}
		if s.labelIndex != nil {
			label, err := at(cells, *s.labelIndex, "LabelIndex")
			if err != nil {
				return nil, err
			}
			p.labels = names(label)
		}
		list = append(list, p)
	}
	return list, nil
}

func at(cells []any, index int32, member string) (any, error) {
	if int(index) >= len(cells) {
		return nil, fmt.Errorf("it has %d columns, and %s is %d (the first is 0)", len(cells), member, index)
	}
	return cells[index], nil
}

func (s selectors) readLines(data []byte) (list []prediction, err error) {
	for _, line := range lines(data) {
		var p prediction
		if err := json.Unmarshal(line, &p.whole); err != nil {
			return nil, fmt.Errorf("it is no JSON Lines: %w", err)
		}
		chosen := p.whole
		if s.score != nil {
			if chosen, err = s.score.Search(p.whole); err != nil {
				return nil, fmt.Errorf("ProbabilityAttribute cannot be applied to it: %w", err)
			}
		}
		if p.scores, err = numbers(chosen); err != nil {
			return nil, err
		}
		if s.label != nil {
			label, err := s.label.Search(p.whole)
			if err != nil {
				return nil, fmt.Errorf("LabelAttribute cannot be applied to it: %w", err)
			}
			p.labels = names(label)
		}
		list = append(list, p)
	}
	return list, nil
}

// numbers are the scores in what a selector chose: a number or a list of them.
func numbers(value any) ([]float64, error) {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("it has no scores")
	}
	list := make([]float64, len(items))
	for i, item := range items {
		n, ok := item.(float64)
		if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("%s is no score: say with ProbabilityIndex (CSV) or ProbabilityAttribute (JSON Lines) where it has numbers", describe(item))
		}
		list[i] = n
	}
	return list, nil
}

// names are the labels in what a selector chose: only a list names all scores.
func names(value any) (list []string) {
	items, _ := value.([]any)
	for _, item := range items {
		switch v := item.(type) {
		case string:
			list = append(list, v)
		default:
			list = append(list, describe(v))
		}
	}
	return list
}

func describe(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if len(text) > 80 {
		text = append(text[:80:80], "…"...)
	}
	return string(text)
}

// cellValue is what a cell of CSV says: a number, a list in brackets or a text.
func cellValue(text string) any {
	trimmed := strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(trimmed, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
		return n
	}
	if strings.HasPrefix(trimmed, "[") {
		if list, ok := listValue(trimmed); ok {
			return list
		}
	}
	return text
}

// listValue reads a list as Python prints it, with either quotes: ['cat','dog'] or
// [0.1, 0.9].
func listValue(text string) (list []any, ok bool) {
	rest, ok := strings.CutPrefix(text, "[")
	if !ok {
		return nil, false
	}
	list = []any{}
	if strings.TrimSpace(rest) == "]" {
		return list, true
	}
	for {
		rest = strings.TrimLeft(rest, " \t\n")
		if rest == "" {
			return nil, false
		}
		var item any
		if q := rest[0]; q == '\'' || q == '"' {
			var b strings.Builder
			i := 1
			for ; i < len(rest) && rest[i] != q; i++ {
				if rest[i] == '\\' && i+1 < len(rest) {
					i++
				}
				b.WriteByte(rest[i])
			}
			if i >= len(rest) {
				return nil, false
			}
			item, rest = b.String(), rest[i+1:]
		} else {
			end := strings.IndexAny(rest, ",]")
			if end < 0 {
				return nil, false
			}
			word := strings.TrimSpace(rest[:end])
			n, err := strconv.ParseFloat(word, 64)
			switch {
			case err == nil && !math.IsNaN(n) && !math.IsInf(n, 0):
				item = n
			case word == "" || strings.ContainsAny(word, "[{"):
				return nil, false
			default:
				item = word
			}
			rest = rest[end:]
		}
		list = append(list, item)
		rest = strings.TrimLeft(rest, " \t\n")
		switch {
		case rest == "]":
			return list, true
		case strings.HasPrefix(rest, ","):
			rest = rest[1:]
		default:
			return nil, false
		}
	}
}
