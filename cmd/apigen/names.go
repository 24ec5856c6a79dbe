package main

import (
	"strings"
	"unicode"
)

// exported is name with its first letter in upper case.
func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// enumName is the constant's name for value of the enum typ: the words of the
// value in camel case, words in capitals alone as ordinary ones
// ("IN_PROGRESS" and "InProgress" are both InProgress).
func enumName(typ, value string) string {
	var b strings.Builder
	b.WriteString(typ)
	words := strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, w := range words {
		if strings.ToUpper(w) == w {
			w = strings.ToLower(w)
		}
		b.WriteString(exported(w))
	}
	if len(words) == 0 {
		b.WriteString("Empty")
	}
	return b.String()
}

// shapeVar is the variable that holds a shape's schema.
func shapeVar(name string) string { return "shape" + exported(name) }
