package modelcard

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// block is a piece of the document, in its order on the pages.
type block struct {
	// Level is 1 or more for a heading, which is Text, and 0 otherwise.
	Level int
	// Label names a Text, or Items.
	Label, Text string
	Items       []string
	// Table has a row of names, which may be empty, and rows of values.
	Names []string
	Rows  [][]string
}

// value is a JSON value whose members are in their order in the text.
type value struct {
	name    string // of a member
	scalar  string
	members []value // of an object
	items   []value // of an array
	kind    byte    // '{', '[' or 0 for a scalar
}

// parse reads a JSON text, which is known to be one.
func parse(text string) (value, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return read(d)
}

func read(d *json.Decoder) (v value, err error) {
	t, err := d.Token()
	if err != nil {
		return v, err
	}
	delimiter, ok := t.(json.Delim)
	if !ok {
		if v.scalar = fmt.Sprint(t); t == nil {
			v.scalar = "null"
		}
		return v, nil
	}
	v.kind = byte(delimiter)
	for d.More() {
		var name string
		if v.kind == '{' {
			if t, err = d.Token(); err != nil {
				return v, err
			}
			name, _ = t.(string)
		}
		child, err := read(d)
		if err != nil {
			return v, err
		}
		if child.name = name; v.kind == '{' {
			v.members = append(v.members, child)
		} else {
			v.items = append(v.items, child)
		}
	}
	_, err = d.Token() // the end of it
	return v, err
}

// layout is the blocks of an object's members, with headings from level on.
func layout(v value, level int) (blocks []block) {
	for _, m := range v.members {
		label := title(m.name)
		switch {
		case m.kind == 0:
			blocks = append(blocks, block{Label: label, Text: m.scalar})
		case m.kind == '{':
			blocks = append(blocks, block{Level: level, Text: label})
			blocks = append(blocks, layout(m, level+1)...)
		case len(m.items) == 0:
			blocks = append(blocks, block{Label: label, Text: "none"})
		case all(m.items, func(i value) bool { return i.kind == 0 }):
			blocks = append(blocks, block{Label: label, Items: scalars(m.items)})
		default:
			blocks = append(blocks, block{Level: level, Text: label})
			blocks = append(blocks, list(m.items, level+1)...)
		}
	}
	return blocks
}

// Beyond these, a table would not be readable on a page.
const (
	mostColumns = 8
	mostCell    = 60 // characters
)

// list is the blocks of an array that holds more than scalars: a table where that
// is readable, also of those that stand together among others.
func list(items []value, level int) (blocks []block) {
	for i := 0; i < len(items); i++ {
		run := i
		for run < len(items) && items[run].kind == items[i].kind && all(items[run].members, isScalar) && all(items[run].items, isScalar) {
			run++
		}
		if names, rows, ok := table(items[i:run]); ok && (run-i > 1 || len(items) == 1) {
			blocks = append(blocks, block{Names: names, Rows: rows})
			i = run - 1
			continue
		}
		switch item := items[i]; item.kind {
		case 0:
			blocks = append(blocks, block{Text: item.scalar})
		case '[':
			blocks = append(blocks, block{Text: strings.Join(scalars(item.items), ", ")})
		default:
			heading := fmt.Sprint(i + 1)
			if len(item.members) > 0 && item.members[0].name == "name" {
				heading, item.members = item.members[0].scalar, item.members[1:]
			}
			blocks = append(blocks, block{Level: level, Text: heading})
			blocks = append(blocks, layout(item, level+1)...)
		}
	}
	return blocks
}

// table is objects with the same few short scalars, or short rows of scalars, as a
// table; ok is false where they are not.
func table(items []value) (names []string, rows [][]string, ok bool) {
	columns := map[string]int{}
	for _, item := range items {
		for _, m := range item.members {
			if _, known := columns[m.name]; !known {
				columns[m.name] = len(names)
				names = append(names, title(m.name))
			}
		}
	}
	for _, item := range items {
		cells := item.items
		row := make([]string, max(len(names), len(cells)))
		for i, c := range cells {
			row[i] = c.scalar
		}
		for _, m := range item.members {
			row[columns[m.name]] = m.scalar
		}
		short := len(row) <= mostColumns && len(row) > 0 && all(cells, isScalar) && all(item.members, isScalar)
		for _, text := range row {
			short = short && utf8.RuneCountInString(text) <= mostCell && !strings.ContainsRune(text, '\n')
		}
		if !short || item.kind == 0 || len(names) > 0 && len(cells) > 0 {
			return nil, nil, false
		}
		rows = append(rows, row)
	}
	return names, rows, len(rows) > 0
}

func isScalar(v value) bool { return v.kind == 0 }

func all(values []value, is func(value) bool) bool {
	for _, v := range values {
		if !is(v) {
			return false
		}
	}
	return true
}

func scalars(values []value) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.scalar
	}
	return texts
}

// title prints a member's name for readers: "training_arn" is "Training ARN".
func title(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		switch {
		case w == "arn" || w == "id":
			words[i] = strings.ToUpper(w)
		case i == 0 && w != "":
			r, size := utf8.DecodeRuneInString(w)
			words[i] = strings.ToUpper(string(r)) + w[size:]
		}
	}
	return strings.Join(words, " ")
}
