package logs

import "testing"

func TestFilterPattern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, line string
		want          bool
	}{
		{"", "anything", true},
		{"ERROR", "an ERRORCODE: -1", true},
		{"ERROR", "an error", false},
		{"ERROR timeout", "timeout and ERROR", true},
		{"ERROR timeout", "ERROR", false},
		{"ERROR -timeout", "ERROR", true},
		{"ERROR -timeout", "ERROR timeout", false},
		{"-timeout", "fine", true},
		{"?a ?b", "xbx", true},
		{"?a ?b", "xx", false},
		{"x ?a", "x", true}, // optional terms do not count beside others
		{`"two words"`, "has two words in it", true},
		{`"two words"`, "words two", false},
		{`-"two words"`, "has two words", false},
		{`?"a b" ?c`, "a b", true},
		{`"a \" quote"`, `a " quote`, true},
		{`validation-auc:0.9`, "[3] validation-auc:0.97", true},
		{" spaced\tout ", "out spaced", true},
	} {
		f, err := parseFilter(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
		} else if got := f.matches(c.line); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.line, got)
		}
	}
	for _, bad := range []string{`"open`, "-", "? a", `""`} {
		if _, err := parseFilter(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func FuzzFilterPattern(f *testing.F) {
	f.Add(`a -b ?c "d e"`, "a d e")
	f.Add(`"\"\\"`, `"\`)
	f.Fuzz(func(_ *testing.T, pattern, line string) {
		if p, err := parseFilter(pattern); err == nil {
			p.matches(line)
		}
	})
}
