package search

import (
	"cmp"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/aws"
)

// maxSortText is how many bytes of a text decide its place.
const maxSortText = 256

// Key is where a record stands in an order: numbers before texts before what has
// no value. The zero Key is that of a record without the property.
type Key struct {
	// Class is 2 for numbers, 1 for texts and 0 for nothing.
	Class uint8   `json:"c,omitempty"`
	Num   float64 `json:"n,omitempty"`
	Text  string  `json:"t,omitempty"`
}

// Order is how results are sorted (Search-16).
type Order struct {
	property   property
	Descending bool
}

// NewOrder checks SortBy; "" is LastModifiedTime, or CreationTime where there is
// no such property.
func NewOrder(t *Type, by string, descending bool) (Order, error) {
	if by == "" {
		for _, name := range []string{"LastModifiedTime", "CreationTime", "Model.CreationTime"} {
			if p, ok := t.find(name); ok {
				return Order{p, descending}, nil
			}
		}
		return Order{Descending: descending}, nil // by name alone
	}
	p, err := t.property(by)
	if err != nil {
		return Order{}, err
	}
	if p.typ == presence || p.typ == anyText {
		return Order{}, aws.Invalid("Results cannot be sorted by %q, which is %s. Sort by one of the properties in it.", by, p.typ.what())
	}
	return Order{p, descending}, nil
}

// Compare orders two keys; those without a value come last in both directions.
func (o Order) Compare(a, b Key) int {
	if a.Class == 0 || b.Class == 0 {
		return cmp.Compare(min(b.Class, 1), min(a.Class, 1))
	}
	c := -cmp.Compare(a.Class, b.Class)
	if c == 0 && a.Class == 2 {
		c = cmp.Compare(a.Num, b.Num)
	} else if c == 0 {
		c = strings.Compare(a.Text, b.Text)
	}
	if o.Descending {
		return -c
	}
	return c
}

// Of is the key of a record: the value that comes first of those it has.
func (o Order) Of(d Doc) Key {
	var best Key
	for _, v := range d.of(o.property.name) {
		best = o.better(best, o.key(v))
	}
	return best
}

// better is the key that comes first.
func (o Order) better(a, b Key) Key {
	if o.Compare(b, a) < 0 {
		return b
	}
	return a
}

func (o Order) key(v Value) Key {
	switch v.kind {
	case number:
		return numberKey(v.Num)
	case text:
		return o.textKey(v.Text)
	}
	return Key{}
}

func numberKey(v float64) Key {
	if math.IsNaN(v) {
		return Key{}
	}
	return Key{Class: 2, Num: v}
}

// textKey is the key of a text; hyperparameters that are numbers are sorted as such.
func (o Order) textKey(s string) Key {
	if o.property.typ == numericText {
		if n, _ := parseNumber(s); !math.IsNaN(n) {
			return Key{Class: 2, Num: n}
		}
	}
	return Key{Class: 1, Text: clip(s)}
}

// clip is what of a text decides its place: no half characters, so that it
// survives JSON.
func clip(s string) string {
	if len(s) <= maxSortText {
		return strings.ToValidUTF8(s, "")
	}
	n := maxSortText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.ToValidUTF8(s[:n], "")
}
