package validate

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
)

// matchTimeout bounds the patterns that need backtracking. No modelled length
// comes near it; a value that does is refused, as one that does not match.
const matchTimeout = 250 * time.Millisecond

// pattern is a modelled regular expression, compiled at its first use. Java's
// matches() is what counts: the whole value must match.
//
// The dialects differ, so the pattern is translated first (java.go). The result
// runs on Go's regexp, whose time is linear in the value, unless it looks
// around (?=…), (?!…), (?<=…), (?<!…), which only a backtracking engine can do.
type pattern struct {
	text string
	once sync.Once
	fn   func(string) bool
	err  error
}

var patterns sync.Map // string → *pattern

func patternFor(text string) *pattern {
	p, _ := patterns.LoadOrStore(text, &pattern{text: text})
	return p.(*pattern)
}

// match says whether the whole value matches. A pattern that does not compile
// would match everything, because refusing what AWS takes is worse than taking
// what it refuses; a test proves that all of them compile.
func (p *pattern) match(value string) bool {
	p.once.Do(func() {
		if p.fn, p.err = compile(p.text); p.err != nil {
			p.fn = func(string) bool { return true }
		}
	})
	return p.fn(value)
}

// compile translates a pattern and answers what matches whole values.
func compile(text string) (func(string) bool, error) {
	switch text {
	case `.*`:
		return func(s string) bool { return !strings.ContainsAny(s, lineTerminators) }, nil
	case `[\S\s]*`, `[\s\S]*`:
		return func(string) bool { return true }, nil
	}
	t, err := translate(text)
	if err != nil {
		return nil, err
	}
	if !t.looksAround {
		re, err := regexp.Compile(`\A(?:` + t.text + `)\z`)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	re, err := regexp2.Compile(`\A(?:`+t.text+`)\z`, regexp2.None)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return func(s string) bool {
		ok, err := re.MatchString(s)
		return ok && err == nil
	}, nil
}
