package validate

import (
	"sync"

	"github.com/sagebrush/sagebrush/wire/validate/javare"
)

// pattern is a modelled regular expression, compiled at its first use.
type pattern struct {
	text string
	once sync.Once
	fn   func(string) bool
	err  error
}

// patterns shares a compiled pattern between the shapes that have it.
var patterns sync.Map // string → *pattern

func patternFor(text string) *pattern {
	p, _ := patterns.LoadOrStore(text, &pattern{text: text})
	return p.(*pattern)
}

// match says whether the whole value matches. A pattern that does not compile
// would match everything, because refusing what AWS takes is worse than taking
// what it refuses; a test in javare proves that all of them compile.
func (p *pattern) match(value string) bool {
	p.once.Do(func() {
		if p.fn, p.err = javare.Compile(p.text); p.err != nil {
			p.fn = func(string) bool { return true }
		}
	})
	return p.fn(value)
}
