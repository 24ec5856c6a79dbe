package modeldata_test

import (
	"errors"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
)

// DescModel-6, -7: which keys are files, where, and which cannot be.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix string
		keys   []string
		want   []string
		reason string // of the refusal
	}{
		{"m/", []string{"m/a", "m/b/c", "m/b/d"}, []string{"a", "b/c", "b/d"}, ""},
		{"", []string{"model.bin"}, []string{"model.bin"}, ""},
		{"m/", []string{"m/ä ö", "m/..x", "m/x.."}, []string{"ä ö", "..x", "x.."}, ""},
		{"m/", []string{"m/" + strings.Repeat("n", 255)}, []string{strings.Repeat("n", 255)}, ""},
		{"m/", []string{"m/"}, nil, "ends in a slash"},
		{"m/", []string{"m/a/"}, nil, "ends in a slash"},
		{"m/", []string{"m/a//b"}, nil, "empty or blank"},
		{"m/", []string{"m//b"}, nil, "empty or blank"},
		{"m/", []string{"m/a/ \t/b"}, nil, "empty or blank"},
		{"m/", []string{"m/a\x00b"}, nil, "NUL"},
		{"m/", []string{"m/" + strings.Repeat("n", 256)}, nil, "255 bytes"},
		{"m/", []string{"m/./a"}, nil, ". or .."},
		{"m/", []string{"m/../a"}, nil, ". or .."},
		{"m/", []string{"m/a/.."}, nil, ". or .."},
		{"m/", []string{"m/weights", "m/weights/part1"}, nil, `"m/weights/part1" needs a directory`},
		{"m/", []string{"m/w/a/b", "m/w"}, nil, `"m/w/a/b" needs a directory`},
		{"m/", []string{"m/" + strings.Repeat("n/", 1100) + "x"}, nil, "too long"},
	} {
		got, err := modeldata.Paths(c.prefix, c.keys)
		var mine *modeldata.Error
		switch {
		case c.reason == "" && (err != nil || !slices.Equal(got, c.want)):
			t.Errorf("%q: %q, %v", c.keys, got, err)
		case c.reason != "" && (!errors.As(err, &mine) || !strings.Contains(err.Error(), c.reason)):
			t.Errorf("%q: %v, want an Error with %q", c.keys, err, c.reason)
		}
	}
}

// The law of Paths: what it answers are different local paths, none of which is a
// directory of another.
func FuzzPaths(f *testing.F) {
	f.Add("m/", "m/a", "m/b/c", "m/b")
	f.Add("", "..", "/", "a/../b")
	f.Fuzz(func(t *testing.T, prefix, a, b, c string) {
		got, err := modeldata.Paths(prefix, []string{prefix + a, prefix + b, prefix + c})
		if err != nil {
			return
		}
		for i, p := range got {
			if path.Clean(p) != p || path.IsAbs(p) || p == "." || p == ".." || strings.HasPrefix(p, "../") || strings.ContainsRune(p, 0) {
				t.Errorf("%q is no path below a directory", p)
			}
			for j, q := range got {
				if i != j && (p == q || strings.HasPrefix(q, p+"/")) {
					t.Errorf("%q and %q cannot be beside each other", p, q)
				}
			}
		}
	})
}
