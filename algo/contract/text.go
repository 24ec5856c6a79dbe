package contract

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// mostListed bounds how many values a refusal lists.
const mostListed = 20

// listing is values as a sentence lists them.
func listing[S ~string](values []S) string {
	var b strings.Builder
	for i, v := range values {
		switch {
		case i == mostListed:
			fmt.Fprintf(&b, " and %d more", len(values)-i)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(v))
	}
	return b.String()
}

// Numbers are decimal, as every language writes them: what else Go would parse
// (hexadecimal, Inf, NaN, underscores) no training program could be sure to read.
var (
	integerText = regexp.MustCompile(`^[+-]?[0-9]+$`)
	numberText  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)
)

// integer reads a whole number; it may be longer than any Go type.
func integer(text string) (*big.Rat, bool) {
	if !integerText.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// number reads a number exactly, so that a value that equals a bound is in range.
func number(text string) (*big.Rat, bool) {
	if !numberText.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// between says whether n lies in a range, its ends included. Bounds that are no
// numbers were refused when the algorithm was made.
func between(n *big.Rat, low, high string) bool {
	l, ok := number(low)
	h, also := number(high)
	return ok && also && l.Cmp(n) <= 0 && n.Cmp(h) <= 0
}
