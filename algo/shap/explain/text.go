package explain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// unit is a part of a text that is explained as one.
type unit struct {
	text  string
	space string // what stands between it and the next one
	start int    // of the text, in characters
}

// units takes a text apart (CreateEndpointConfig-17). lead is the space before the
// first one.
func units(text string, granularity sagemaker.ClarifyTextGranularity) (lead string, list []unit) {
	next := nextWord
	switch granularity {
	case sagemaker.ClarifyTextGranularitySentence:
		next = nextSentence
	case sagemaker.ClarifyTextGranularityParagraph:
		next = nextParagraph
	}
	// Where units begin and end, in bytes; what is between them is space.
	type span struct{ from, to int }
	var spans []span
	state, at := -1, 0
	for rest := text; rest != ""; {
		var part string
		part, rest, state = next(rest, state)
		head := strings.TrimLeftFunc(part, unicode.IsSpace)
		if body := strings.TrimRightFunc(head, unicode.IsSpace); body != "" {
			from := at + len(part) - len(head)
			spans = append(spans, span{from, from + len(body)})
		}
		at += len(part)
	}
	if len(spans) == 0 {
		return text, nil
	}
	lead = text[:spans[0].from]
	start, done := 0, 0
	for i, s := range spans {
		end := len(text)
		if i+1 < len(spans) {
			end = spans[i+1].from
		}
		start += utf8.RuneCountInString(text[done:s.from])
		done = s.from
		list = append(list, unit{text: text[s.from:s.to], space: text[s.to:end], start: start})
	}
	return lead, list
}

func nextWord(text string, state int) (part, rest string, next int) {
	return uniseg.FirstWordInString(text, state)
}

func nextSentence(text string, state int) (part, rest string, next int) {
	return uniseg.FirstSentenceInString(text, state)
}

func nextParagraph(text string, _ int) (part, rest string, next int) {
	end := strings.IndexAny(text, "\n\r\u2029")
	if end < 0 {
		return text, "", 0
	}
	_, size := utf8.DecodeRuneInString(text[end:])
	return text[:end+size], text[end+size:], 0
}

// assemble is the text with the units that are absent replaced.
func assemble(lead string, list []unit, replacement string, present func(i int) bool) string {
	var b strings.Builder
	b.WriteString(lead)
	dropped := false
	for i, u := range list {
		switch {
		case present(i):
			b.WriteString(u.text)
		case replacement == "":
			dropped = true
			continue
		default:
			b.WriteString(replacement)
		}
		b.WriteString(u.space)
	}
	if dropped { // the space that stood before what is gone
		return strings.TrimRightFunc(b.String(), unicode.IsSpace)
	}
	return b.String()
}
