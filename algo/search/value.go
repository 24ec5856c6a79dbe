package search

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// valueType says how a property's values are compared (Search-6).
type valueType uint8

const (
	// presence is a structure or list of structures: it is there or not.
	presence valueType = iota
	textValue
	numberValue
	// float32Value is a number that the API keeps as a float: 0.1 means the float
	// next to it.
	float32Value
	boolValue
	// timeValue is microseconds since 1970.
	timeValue
	// numericText is a text that is compared as a number where it is one (Search-12).
	numericText
	// eitherValue is a number or a text, as it was given.
	eitherValue
	// anyText is a map or a list of pairs as a whole: any key or value.
	anyText
)

// what names the type in messages.
func (t valueType) what() string {
	switch t {
	case textValue:
		return "a text"
	case numberValue, float32Value:
		return "a number"
	case boolValue:
		return "a Boolean"
	case timeValue:
		return "a time"
	case anyText:
		return "a collection of texts"
	}
	return "an object"
}

// Sort of a value.
type valueKind uint8

const (
	mark valueKind = iota
	number
	text
)

// Value is one value of a property in a record.
type Value struct {
	// Property is the canonical dotted name.
	Property string
	// At says in which list elements it is: 16 bits a level, the outermost highest.
	At   uint64
	kind valueKind
	Num  float64
	Text string
}

// maxLevels is how many levels of lists At tells apart.
const maxLevels = 4

// at is place inside element i of a list at depth (1 is the outermost).
func at(outer uint64, depth, i int) uint64 {
	if depth > maxLevels {
		return outer
	}
	return outer | uint64(min(i, math.MaxUint16))<<(16*(maxLevels-depth))
}

// levels is the part of At that says which element of a list at depth it is.
func levels(depth int) uint64 {
	return ^uint64(0) << (16 * (maxLevels - min(depth, maxLevels)))
}

// parseNumber reads a decimal number as hyperparameters and filters write them;
// NaN when it is none. whole says that it has neither fraction nor exponent.
func parseNumber(s string) (v float64, whole bool) {
	if s == "" || len(s) > 64 {
		return math.NaN(), false
	}
	whole = true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', i == 0 && (c == '-' || c == '+'):
		case c == '.', c == 'e', c == 'E', c == '-', c == '+':
			whole = false
		default:
			return math.NaN(), false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN(), false
	}
	return v, whole
}

// timeLayouts are the spellings of ISO 8601 that filters may use; fractions of
// seconds are understood in all of them, and UTC is meant without a zone.
var timeLayouts = [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02"}

// parseTime reads a time of a filter. whole says that it names a whole second.
func parseTime(s string) (us float64, whole, ok bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.UnixMicro()), !strings.Contains(s, "."), true
		}
	}
	return 0, false, false
}
