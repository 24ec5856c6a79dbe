package logs

import "strings"

// filter is a parsed filter pattern for unstructured lines.
type filter struct {
	all, none, any []string
}

// parseFilter reads CloudWatch's term syntax: every term must occur in the
// line, -term must not; of ?terms one must, and they count only where there are
// no others, as in AWS. Terms are case-sensitive parts of the line; those with
// blanks or signs stand in double quotes (\" is a quote within).
func parseFilter(pattern string) (*filter, error) {
	f := &filter{}
	rest := strings.TrimSpace(pattern)
	switch {
	case strings.HasPrefix(rest, "{"):
		return nil, invalid("Invalid filter pattern: JSON patterns ({ $.field = value }) are not supported here. Use terms, such as ERROR -debug \"exact phrase\" ?either ?or.")
	case strings.HasPrefix(rest, "["):
		return nil, invalid("Invalid filter pattern: patterns of fields ([ip, user, status]) are not supported here. Use terms, such as ERROR -debug \"exact phrase\" ?either ?or.")
	case strings.HasPrefix(rest, "%"):
		return nil, invalid("Invalid filter pattern: regular expressions (%%…%%) are not supported here. Use terms, such as ERROR -debug \"exact phrase\" ?either ?or.")
	}
	for rest != "" {
		list := &f.all
		switch rest[0] {
		case '-':
			list, rest = &f.none, rest[1:]
		case '?':
			list, rest = &f.any, rest[1:]
		}
		var term string
		var err error
		if term, rest, err = nextTerm(rest); err != nil {
			return nil, err
		}
		if term == "" {
			return nil, invalid("Invalid filter pattern: a term is missing after - or ?, or is empty. Quote a term that is a sign itself.")
		}
		*list = append(*list, term)
		rest = strings.TrimLeft(rest, " \t\r\n")
	}
	return f, nil
}

// nextTerm takes a term from the front.
func nextTerm(s string) (term, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", invalid("Invalid filter pattern: a quoted term has no closing quote.")
}

// matches says whether a line passes.
func (f *filter) matches(line string) bool {
	for _, t := range f.none {
		if strings.Contains(line, t) {
			return false
		}
	}
	for _, t := range f.all {
		if !strings.Contains(line, t) {
			return false
		}
	}
	if len(f.any) == 0 || len(f.all)+len(f.none) > 0 {
		return true
	}
	for _, t := range f.any {
		if strings.Contains(line, t) {
			return true
		}
	}
	return false
}
