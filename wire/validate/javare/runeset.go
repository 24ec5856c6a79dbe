package javare

import (
	"slices"
	"strings"
	"unicode"
)

// runeSet is a set of characters as pairs of inclusive bounds.
type runeSet struct{ ranges [][2]rune }

func (s *runeSet) add(lo, hi rune) { s.ranges = append(s.ranges, [2]rune{lo, hi}) }

// addStride adds every stride-th character from lo to hi.
func (s *runeSet) addStride(lo, hi, stride rune) {
	if stride == 1 {
		s.add(lo, hi)
		return
	}
	for c := lo; c <= hi; c += stride {
		s.add(c, c)
	}
}

func (s *runeSet) addSet(o *runeSet) { s.ranges = append(s.ranges, o.ranges...) }

// normal is s sorted, without overlaps.
func (s *runeSet) normal() [][2]rune {
	sorted := slices.Clone(s.ranges)
	slices.SortFunc(sorted, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out [][2]rune
	for _, r := range sorted {
		if n := len(out); n > 0 && r[0] <= out[n-1][1]+1 {
			out[n-1][1] = max(out[n-1][1], r[1])
			continue
		}
		out = append(out, r)
	}
	return out
}

// negate is everything that s is not.
func (s *runeSet) negate() *runeSet {
	out := new(runeSet)
	next := rune(0)
	for _, r := range s.normal() {
		if r[0] > next {
			out.add(next, r[0]-1)
		}
		next = r[1] + 1
	}
	if next <= unicode.MaxRune {
		out.add(next, unicode.MaxRune)
	}
	return out
}

// String writes the set as a character class. Surrogates, which text cannot
// hold, are cut out.
func (s *runeSet) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for _, r := range s.normal() {
		for _, part := range [][2]rune{{r[0], min(r[1], 0xD7FF)}, {max(r[0], 0xE000), r[1]}} {
			if part[0] > part[1] {
				continue
			}
			b.WriteString(quoteRune(part[0]))
			if part[1] > part[0] {
				b.WriteString("-" + quoteRune(part[1]))
			}
		}
	}
	if b.Len() == 1 {
		return `[^\x00-\x{10FFFF}]`
	}
	b.WriteByte(']')
	return b.String()
}
