package image

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// FuzzParseURI checks that a URI that is taken apart can be put together again.
func FuzzParseURI(f *testing.F) {
	for _, s := range []string{"a", "a:1", "h:5000/a", "h:5000/a:1@sha256:00", "a@sha256:00", ":", "@", "a:", "/a", "é:1", "a@sha256:x@y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseURI(s)
		if err != nil {
			return
		}
		back := r.repository
		if r.tag != "" {
			back += ":" + r.tag
		}
		if r.digest != "" {
			back += "@" + r.digest
		}
		if back != s {
			t.Errorf("%q became %q", s, back)
		}
		if !slices.Contains(candidates(s, r), s) {
			t.Errorf("%q is no candidate of itself", s)
		}
	})
}

// FuzzGlob compares with a regular expression, the obvious way to match.
func FuzzGlob(f *testing.F) {
	f.Add("*/x:*", "a/b/x:1")
	f.Add("a*b*c", "abbcbc")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if strings.Count(pattern, "*") > 8 || len(s) > 200 || len(pattern) > 200 {
			return
		}
		expression := "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
		re, err := regexp.Compile(expression)
		if err != nil || strings.ToValidUTF8(s, "") != s {
			return
		}
		if got, want := glob(pattern, s), re.MatchString(s); got != want {
			t.Errorf("glob(%q, %q) = %v", pattern, s, got)
		}
	})
}

func TestPythonRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec  string
		minor int
		want  bool
	}{
		{"", 7, true}, {">=3.10,<3.14", 9, false}, {">=3.10,<3.14", 10, true}, {">=3.10,<3.14", 13, true},
		{">=3.10,<3.14", 14, false}, {"3.11", 11, true}, {"==3.11", 12, false}, {"<4.0", 20, true},
	} {
		r, err := parseRange(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.admits(3, c.minor); got != c.want {
			t.Errorf("%q admits 3.%d: %v", c.spec, c.minor, got)
		}
		if r.admits(2, 7) {
			t.Errorf("%q admits 2.7", c.spec)
		}
	}
}

func TestToolEnvironment(t *testing.T) {
	t.Parallel()
	got := toolEnv([]string{"PIP_INDEX_URL=https://mirror/simple", "PIP_TARGET=/x", "PYTHONPATH=/y", "HTTPS_PROXY=http://p", "UV_INDEX=https://b", "PIP_EXTRA_INDEX_URL=https://c"})
	for _, want := range []string{"PIP_INDEX_URL=https://mirror/simple", "UV_DEFAULT_INDEX=https://mirror/simple", "HTTPS_PROXY=http://p", "UV_INDEX=https://b"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing from %v", want, got)
		}
	}
	if len(got) != 5 {
		t.Errorf("got %v", got)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"Failed to establish a new connection: [Errno -3] Temporary failure in name resolution": "cannot be reached",
		"OSError: [Errno 28] No space left on device":                                           "disk is full",
		"ensurepip is not available. On Debian/Ubuntu systems":                                  "python3-venv",
		"ERROR: No matching distribution found for absent":                                      "cannot be met",
		"Segmentation fault": "",
	} {
		if got := explain([]string{line}, nil); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: %q", line, got)
		}
	}
}
