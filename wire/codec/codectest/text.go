package codectest

import (
	"regexp/syntax"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/validate/javare"
)

// Text makes a string that satisfies the shape's pattern and length. It panics
// when it finds none after many tries: then the generator needs to learn more.
func (g *Generator) Text(s *schema.Shape) string {
	least, most := 0, 1<<20
	if s.HasMin {
		least = int(s.Min)
	}
	if s.HasMax {
		most = int(s.Max)
	}
	if s.Pattern == "" {
		return g.free(least, min(most, least+20))
	}
	p := sampleFor(s.Pattern)
	for try := range 4000 {
		// Grow what repeats until the minimum is reached.
		text := p.sample(g, 1+try%64)
		if n := utf8.RuneCountInString(text); n < least || n > most || !p.match(text) || g.Header && !headerSafe(text) {
			continue
		}
		return text
	}
	panic("codectest: no string found for the pattern " + s.Pattern)
}

// free makes a string without a pattern, with characters that codecs get wrong.
func (g *Generator) free(least, most int) string {
	const odd = "abcXYZ019 -_./:<>&'\"\\\n\t\x01é\u2028日😀"
	alphabet := []rune(odd)
	if g.Header {
		alphabet = []rune("abcXYZ019-_./:<>&'")
	}
	n := least + g.IntN(most-least+1)
	if g.Header {
		n = max(n, 1) // an empty header is an absent one
	}
	out := make([]rune, n)
	for i := range out {
		out[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(out)
}

func headerSafe(text string) bool {
	for _, r := range text {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return text != "" && strings.TrimSpace(text) == text
}

// sampler makes strings for one pattern.
type sampler struct {
	tree  *syntax.Regexp
	match func(string) bool
}

var samplers sync.Map // string → *sampler

func sampleFor(pattern string) *sampler {
	if s, ok := samplers.Load(pattern); ok {
		return s.(*sampler)
	}
	match, err := javare.Compile(pattern)
	if err != nil {
		panic(err)
	}
	text, looksAround, err := javare.Translate(pattern)
	if err != nil {
		panic(err)
	}
	if looksAround {
		text = dropLookarounds(text)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		panic(err)
	}
	s := &sampler{tree, match}
	samplers.Store(pattern, s)
	return s
}

// dropLookarounds removes the groups that only look; match decides afterwards.
func dropLookarounds(text string) string {
	for _, prefix := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		for {
			start := strings.Index(text, prefix)
			if start < 0 {
				break
			}
			depth, end := 0, start
			for ; end < len(text); end++ {
				switch text[end] {
				case '\\':
					end++
				case '(':
					depth++
				case ')':
					depth--
				}
				if depth == 0 {
					break
				}
			}
			text = text[:start] + text[end+1:]
		}
	}
	return text
}

func (s *sampler) sample(g *Generator, scale int) string {
	var b strings.Builder
	s.write(g, &b, s.tree, scale)
	return b.String()
}

func (s *sampler) write(g *Generator, b *strings.Builder, re *syntax.Regexp, scale int) {
	repeat := func(least, most int) {
		if most < 0 || most > least+scale {
			most = least + scale
		}
		for range least + g.IntN(most-least+1) {
			s.write(g, b, re.Sub[0], scale)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		// Mostly ASCII, so that long strings stay readable, but not only.
		for range 20 {
			i := g.IntN(len(re.Rune)/2) * 2
			r := re.Rune[i] + rune(g.IntN(int(re.Rune[i+1]-re.Rune[i])+1))
			if (r < ' ' || r >= unicode.MaxASCII) && g.IntN(8) > 0 {
				r = re.Rune[i]
				if r < ' ' && re.Rune[i+1] >= ' ' {
					r = ' ' + rune(g.IntN(int(min(re.Rune[i+1], '~')-' ')+1))
				}
			}
			if utf8.ValidRune(r) {
				b.WriteRune(r)
				return
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpCapture:
		s.write(g, b, re.Sub[0], scale)
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			s.write(g, b, sub, scale)
		}
	case syntax.OpAlternate:
		s.write(g, b, re.Sub[g.IntN(len(re.Sub))], scale)
	}
}
