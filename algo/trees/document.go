package trees

import (
	"fmt"
	"math"
	"strconv"
)

// value is a part of a JSON or UBJSON document. Lists of numbers, which is most
// of a model, are kept as such.
type value struct {
	kind    valueKind
	text    string
	number  float64
	numbers []float64
	items   []value
	members []member
}

type valueKind uint8

const (
	null valueKind = iota
	text
	figure // a number, true or false
	figures
	list
	object
)

type member struct {
	name string
	value
}

// deepest is how many levels a document may have; models have ten.
const deepest = 64

// unread are the members of a tree that prediction does not need, which are half
// of a model.
func unread(name string) bool {
	switch name {
	case "base_weights", "loss_changes", "sum_hessian", "parents":
		return true
	}
	return false
}

// get finds a value by the names of members, nil where there is none.
func (v *value) get(names ...string) *value {
next:
	for _, name := range names {
		for i := range v.members {
			if v.members[i].name == name {
				v = &v.members[i].value
				continue next
			}
		}
		return &value{}
	}
	return v
}

// list is a list of numbers, or of true and false.
func (v *value) list() ([]float64, error) {
	switch v.kind {
	case figures:
		return v.numbers, nil
	case list:
		out := make([]float64, len(v.items))
		for i := range v.items {
			if v.items[i].kind != figure {
				return nil, fmt.Errorf("it holds something that is no number")
			}
			out[i] = v.items[i].number
		}
		return out, nil
	}
	return nil, fmt.Errorf("it is no list of numbers")
}

// whole is a whole number from 0 to most, which XGBoost writes as text.
func (v *value) whole(most int) (int, error) {
	n := v.number
	switch v.kind {
	case null:
		return 0, nil
	case text:
		var err error
		if n, err = strconv.ParseFloat(v.text, 64); err != nil {
			return 0, fmt.Errorf("%.40q is no number", v.text)
		}
	case figure:
	default:
		return 0, fmt.Errorf("it is no number")
	}
	if n != math.Trunc(n) || n < 0 || n > float64(most) {
		return 0, fmt.Errorf("%v is no whole number from 0 to %d", n, most)
	}
	return int(n), nil
}
