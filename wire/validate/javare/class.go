package javare

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// class reads a bracketed class from its [ to its ].
func (t *translator) class() (*runeSet, error) {
	t.pos++ // [
	set := new(runeSet)
	negated := t.more() && t.in[t.pos] == '^'
	if negated {
		t.pos++
	}
	for first := true; ; first = false {
		if !t.more() {
			return nil, fmt.Errorf("missing ]")
		}
		if t.in[t.pos] == ']' && !first {
			t.pos++
			break
		}
		if t.ahead("&&") {
			return nil, fmt.Errorf("unsupported intersection")
		}
		if t.in[t.pos] == '[' {
			inner, err := t.class()
			if err != nil {
				return nil, err
			}
			set.addSet(inner)
			continue
		}
		many, lo, err := t.classAtom()
		if err != nil {
			return nil, err
		}
		if many != nil {
			set.addSet(many)
			continue
		}
		hi := lo
		// A hyphen makes a range unless it is the last, or a class follows it.
		if t.ahead("-") && t.pos+1 < len(t.in) && t.in[t.pos+1] != ']' && t.in[t.pos+1] != '[' {
			mark := t.pos
			t.pos++
			many, r, err := t.classAtom()
			if err != nil {
				return nil, err
			}
			if many != nil {
				t.pos = mark // a literal hyphen before \w and the like
			} else {
				hi = r
			}
		}
		if hi < lo {
			return nil, fmt.Errorf("range %q-%q is upside down", lo, hi)
		}
		set.add(lo, hi)
	}
	if negated {
		set = set.negate()
	}
	return set, nil
}

// classAtom reads one character, or an escape that stands for many.
func (t *translator) classAtom() (*runeSet, rune, error) {
	if t.in[t.pos] == '\\' {
		return t.escaped()
	}
	r := t.in[t.pos]
	t.pos++
	return nil, r, nil
}

// escaped reads an escape: the set it stands for, or else its character.
func (t *translator) escaped() (*runeSet, rune, error) {
	t.pos++ // the backslash
	if !t.more() {
		return nil, 0, fmt.Errorf("trailing backslash")
	}
	c := t.in[t.pos]
	t.pos++
	switch c {
	case 'd', 'w', 's':
		return named(strings.ToLower(string(c))), 0, nil
	case 'D', 'W', 'S':
		return named(strings.ToLower(string(c))).negate(), 0, nil
	case 'p', 'P':
		set, err := t.property()
		if err == nil && c == 'P' {
			set = set.negate()
		}
		return set, 0, err
	case 't':
		return nil, '\t', nil
	case 'n':
		return nil, '\n', nil
	case 'r':
		return nil, '\r', nil
	case 'f':
		return nil, '\f', nil
	case 'x':
		r, err := t.hex(2)
		return nil, r, err
	case 'u':
		r, err := t.hex(4)
		if err == nil && utf16.IsSurrogate(r) && t.ahead(`\u`) {
			mark := t.pos
			t.pos += 2
			low, err := t.hex(4)
			if pair := utf16.DecodeRune(r, low); err == nil && pair != unicode.ReplacementChar {
				return nil, pair, nil
			}
			t.pos = mark
		}
		return nil, r, err
	}
	if unicode.IsLetter(c) || unicode.IsDigit(c) {
		return nil, 0, fmt.Errorf(`unsupported escape \%c`, c)
	}
	return nil, c, nil
}

func (t *translator) hex(digits int) (rune, error) {
	if t.pos+digits > len(t.in) {
		return 0, fmt.Errorf("incomplete escape")
	}
	n, err := strconv.ParseUint(string(t.in[t.pos:t.pos+digits]), 16, 32)
	t.pos += digits
	return rune(n), err
}

// property reads {Name} behind \p.
func (t *translator) property() (*runeSet, error) {
	end := t.pos
	for end < len(t.in) && t.in[end] != '}' {
		end++
	}
	if end == len(t.in) || t.in[t.pos] != '{' {
		return nil, fmt.Errorf("unsupported property")
	}
	name := string(t.in[t.pos+1 : end])
	t.pos = end + 1
	if set := named(name); set != nil {
		return set, nil
	}
	table := unicode.Categories[strings.TrimPrefix(name, "Is")]
	if table == nil {
		table = unicode.Scripts[strings.TrimPrefix(name, "Is")]
	}
	if table == nil {
		return nil, fmt.Errorf("unknown property %s", name)
	}
	set := new(runeSet)
	for _, r := range table.R16 {
		set.addStride(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range table.R32 {
		set.addStride(rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	return set, nil
}

// named are the predefined classes and POSIX's, which are ASCII in Java.
func named(name string) *runeSet {
	bounds := map[string]string{
		"d": "09", "w": "09AZ__az", "s": "\t\r  ",
		"Lower": "az", "Upper": "AZ", "ASCII": "\x00\x7f", "Alpha": "AZaz", "Digit": "09",
		"Alnum": "09AZaz", "Punct": "!/:@[`{~", "Graph": "!~", "Print": " ~",
		"Blank": "\t\t  ", "Cntrl": "\x00\x1f\x7f\x7f", "XDigit": "09AFaf", "Space": "\t\r  ",
	}[name]
	if bounds == "" {
		return nil
	}
	set := new(runeSet)
	for i := 0; i+1 < len(bounds); i += 2 {
		set.add(rune(bounds[i]), rune(bounds[i+1]))
	}
	return set
}
