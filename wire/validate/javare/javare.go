// Package javare runs regular expressions that were written for Java's
// java.util.regex, as those of the API models were: the whole value must match,
// as with Java's matches().
//
// The dialects differ, so a pattern is translated first, see Translate. The
// result runs on Go's regexp, whose time is linear in the value, unless it looks
// around with (?=…), (?!…), (?<=…) or (?<!…), which only a backtracking engine
// can do; that one has a time limit.
package javare

import (
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// matchTimeout bounds the patterns that need backtracking. No value of a
// modelled length comes near it; one that does counts as not matching.
const matchTimeout = 250 * time.Millisecond

// Compile makes a function that says whether the whole of a value matches. The
// function is safe for concurrent use.
func Compile(pattern string) (func(value string) bool, error) {
	switch pattern {
	case `.*`:
		return func(s string) bool { return !strings.ContainsAny(s, lineTerminators) }, nil
	case `[\S\s]*`, `[\s\S]*`:
		return func(string) bool { return true }, nil
	}
	text, looksAround, err := Translate(pattern)
	if err != nil {
		return nil, err
	}
	whole := `\A(?:` + text + `)\z`
	if !looksAround {
		re, err := regexp.Compile(whole)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	re, err := regexp2.Compile(whole, regexp2.None)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return func(s string) bool {
		ok, err := re.MatchString(s)
		return ok && err == nil
	}, nil
}
