package javare

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// lineTerminators are what Java's dot does not match.
const lineTerminators = "\n\r\u0085\u2028\u2029"

// maxRepeat is the largest count that Go's regexp takes.
const maxRepeat = 1000

// Translate rewrites a Java regular expression (java.util.regex.Pattern without
// flags, used with matches()):
//
//   - character classes are written out as ranges: \d, \w and \s are ASCII, \s has
//     the vertical tab, a class inside a class is part of it, \uXXXX is a UTF-16
//     unit, two of which make a pair, \p{Print} and its like are ASCII;
//   - the dot excludes all of Java's line terminators;
//   - ^ and $ are the ends of the value;
//   - counts above 1000, which Go refuses, are split.
//
// The result means the same to Go's regexp and to regexp2; looksAround says that
// only the latter can run it. What no model uses is an error: intersections (&&), back-references, flags,
// possessive quantifiers.
func Translate(pattern string) (text string, looksAround bool, err error) {
	t := &translator{in: []rune(pattern)}
	if err := t.run(); err != nil {
		return "", false, fmt.Errorf("javare: pattern %s: %w", pattern, err)
	}
	return t.out.String(), t.looksAround, nil
}

type translator struct {
	in          []rune
	pos         int
	out         strings.Builder
	looksAround bool
	// groups holds where each open group starts in out.
	groups []int
}

func (t *translator) more() bool { return t.pos < len(t.in) }

// ahead says whether s comes next.
func (t *translator) ahead(s string) bool {
	return strings.HasPrefix(string(t.in[t.pos:min(len(t.in), t.pos+len(s))]), s)
}

func (t *translator) run() error {
	for t.more() {
		start := t.out.Len() // of the atom, for the quantifier behind it
		c := t.in[t.pos]
		switch c {
		case '(':
			if err := t.open(); err != nil {
				return err
			}
			continue
		case ')':
			if len(t.groups) == 0 {
				return fmt.Errorf("unmatched )")
			}
			start = t.groups[len(t.groups)-1]
			t.groups = t.groups[:len(t.groups)-1]
			t.pos++
			t.out.WriteByte(')')
		case '|':
			t.pos++
			t.out.WriteByte('|')
			continue
		case '[':
			set, err := t.class()
			if err != nil {
				return err
			}
			t.out.WriteString(set.String())
		case '.':
			t.pos++
			var set runeSet
			for _, r := range lineTerminators {
				set.add(r, r)
			}
			t.out.WriteString(set.negate().String())
		case '^':
			t.pos++
			t.out.WriteString(`(?:\A)`)
		case '$':
			t.pos++
			t.out.WriteString(`(?:\z)`)
		case '\\':
			if err := t.escape(); err != nil {
				return err
			}
		case '*', '+', '?', '{':
			return fmt.Errorf("nothing to repeat before %q", c)
		default:
			t.pos++
			t.out.WriteString(quoteRune(c))
		}
		if err := t.quantifier(start); err != nil {
			return err
		}
	}
	if len(t.groups) > 0 {
		return fmt.Errorf("missing )")
	}
	return nil
}

// open begins a group.
func (t *translator) open() error {
	t.groups = append(t.groups, t.out.Len())
	for _, prefix := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!"} {
		if t.ahead(prefix) {
			t.looksAround = t.looksAround || prefix != "(?:"
			t.pos += len(prefix)
			t.out.WriteString(prefix)
			return nil
		}
	}
	if t.ahead("(?") {
		return fmt.Errorf("unsupported group")
	}
	t.pos++
	t.out.WriteString("(?:") // nobody reads what a group captured
	return nil
}

// escape translates a backslash outside a class.
func (t *translator) escape() error {
	if t.ahead(`\A`) || t.ahead(`\z`) {
		t.out.WriteString(`(?:` + string(t.in[t.pos:t.pos+2]) + `)`)
		t.pos += 2
		return nil
	}
	set, r, err := t.escaped()
	if err != nil {
		return err
	}
	if set != nil {
		t.out.WriteString(set.String())
		return nil
	}
	t.out.WriteString(quoteRune(r))
	return nil
}

// quantifier translates what repeats the atom written from start on.
func (t *translator) quantifier(start int) error {
	if !t.more() {
		return nil
	}
	least, most := -1, -1
	switch t.in[t.pos] {
	case '*', '+', '?':
		t.out.WriteRune(t.in[t.pos])
		t.pos++
	case '{':
		end := t.pos
		for end < len(t.in) && t.in[end] != '}' {
			end++
		}
		if end == len(t.in) {
			return fmt.Errorf("missing }")
		}
		from, to, ranged := strings.Cut(string(t.in[t.pos+1:end]), ",")
		var err error
		if least, err = strconv.Atoi(from); err != nil {
			return err
		}
		switch {
		case !ranged:
			most = least
		case to != "":
			if most, err = strconv.Atoi(to); err != nil {
				return err
			}
		}
		t.pos = end + 1
		t.repeat(start, least, most)
	default:
		return nil
	}
	if t.more() {
		switch t.in[t.pos] {
		case '?':
			t.pos++ // reluctant or greedy makes no difference to a whole match
		case '+', '*', '{':
			return fmt.Errorf("unsupported quantifier %q after a quantifier", t.in[t.pos])
		}
	}
	return nil
}

// repeat writes {least,most}, most -1 without a limit, split into counts that Go
// takes.
func (t *translator) repeat(start, least, most int) {
	whole := t.out.String()
	atom := whole[start:]
	t.out.Reset()
	t.out.WriteString(whole[:start])
	t.out.WriteString("(?:")
	for n := least; n > 0; n -= maxRepeat {
		fmt.Fprintf(&t.out, "%s{%d}", atom, min(n, maxRepeat))
	}
	if most < 0 {
		t.out.WriteString(atom + "*")
	}
	for n := most - least; n > 0; n -= maxRepeat {
		fmt.Fprintf(&t.out, "%s{0,%d}", atom, min(n, maxRepeat))
	}
	t.out.WriteString(")")
}

// quoteRune writes one rune so that it stands for itself.
func quoteRune(r rune) string {
	if r < unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r > ' ' && r != '_' {
		return `\` + string(r)
	}
	return string(r)
}
