package channel

import (
	"bytes"
	"encoding/json"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/quick"
)

func suffixes(in string) (prefix string, out []string, err error) {
	prefix, err = parseManifest(strings.NewReader(in), func(s string) error {
		out = append(out, s)
		return nil
	})
	return prefix, out, err
}

// A manifest is an array of a prefix and suffixes; what is wrong with any other
// text is said (TrainData-6, Data-1, DescTJ-11).
func TestParseManifest(t *testing.T) {
	t.Parallel()
	prefix, got, err := suffixes(`[ {"prefix": "s3://b/p/"}, "a/1", "", "b" ]` + "\n")
	if prefix != "s3://b/p/" || !slices.Equal(got, []string{"a/1", "", "b"}) || err != nil {
		t.Errorf("%q, %q, %v", prefix, got, err)
	}
	for in, want := range map[string]string{
		``: "is no JSON array", `{}`: "is no JSON array", `"x"`: "is no JSON array", `[]`: "is empty",
		`["x"]`: "must begin with an object", `[{}]`: `has no "prefix"`, `[{"prefix": ""}]`: `has no "prefix"`,
		`[{"prefix": "b/p"}]`: "is not of the form s3://bucket/key", `[{"prefix": "s3://"}]`: "is not of the form s3://bucket/key",
		`[{"prefix": "s3://b/"}, null]`: "an element 2 that is no string", `[{"prefix": "s3://b/"}, "x", {}]`: "an element 3 that is no string",
		`[{"prefix": "s3://b/"}, "x"`: "is cut short", `[{"prefix": "s3://b/"}] x`: "goes on after its array",
	} {
		_, _, err := suffixes(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
	// A failure of reading is none of the manifest's.
	broken := errors.New("broken")
	_, err = parseManifest(iotest.ErrReader(broken), func(string) error { return nil })
	var read *readError
	if !errors.As(err, &read) || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// Whatever comes in, the parser says what is wrong or has read a manifest that,
// written again, is the same.
func FuzzManifest(f *testing.F) {
	f.Add(`[{"prefix": "s3://b/p/"}, "a", "b"]`)
	f.Add(`[{"Prefix": "s3://b"}]`)
	f.Add(`[{"prefix": "s3://b/"}, 1]`)
	f.Fuzz(func(t *testing.T, in string) {
		prefix, got, err := suffixes(in)
		if err != nil {
			return
		}
		again := []any{map[string]string{"prefix": prefix}}
		for _, s := range got {
			again = append(again, s)
		}
		text, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		prefix2, got2, err := suffixes(string(text))
		if err != nil || prefix2 != prefix || !slices.Equal(got, got2) {
			t.Fatalf("%q, %q, %v, want %q, %q", prefix2, got2, err, prefix, got)
		}
	})
}

// Whatever comes in, every line gives as many values as attributes are named, and
// references are URIs of objects (TrainData-7, DescTJ-11).
func FuzzAugmented(f *testing.F) {
	f.Add([]byte(`{"a-ref": "s3://b/k", "b": 1}`))
	f.Add([]byte("{\"a-ref\": \"s3://b/k\", \"b\": {\"x\": [null]}}\n\n{\"b\": \"\\ud800\", \"a-ref\": \"s3://b/k\"}"))
	f.Add([]byte(`{"a-ref": 1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		err := parseAugmented(bytes.NewReader(in), []string{"a-ref", "b"}, func(values []value) error {
			if len(values) != 2 || values[1].ref != "" {
				t.Fatalf("values %v", values)
			}
			if _, _, err := splitObject(values[0].ref); err != nil {
				t.Fatalf("reference %q: %v", values[0].ref, err)
			}
			return nil
		})
		var read *readError
		if errors.As(err, &read) {
			t.Fatal(err)
		}
	})
}

// Lines may be long, but not without end.
func TestLongLines(t *testing.T) {
	t.Parallel()
	line := func(n int) string { return `{"b": "` + strings.Repeat("x", n) + `"}` }
	var got int
	each := func(v []value) error { got = len(v[0].literal); return nil }
	if err := parseAugmented(strings.NewReader(line(1<<20)), []string{"b"}, each); err != nil || got != 1<<20 {
		t.Errorf("%d bytes, %v", got, err)
	}
	if err := parseAugmented(strings.NewReader(line(maxLine)), []string{"b"}, each); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Error(err)
	}
}

// Names of accepted objects are clean paths that stay in the directory and can
// all be files at once (law).
func TestNames(t *testing.T) {
	t.Parallel()
	alphabet := []string{"a", "b", "/", "..", ".", "//", "\x00", "é"}
	law := func(keys [][]byte) bool {
		var list []object
		for _, k := range keys {
			var key string
			for _, b := range k {
				key += alphabet[int(b)%len(alphabet)]
			}
			list = append(list, object{Key: key, Name: localName(key, "")})
		}
		named, err := namesOf(list)
		if err != nil {
			var mine *Error
			return errors.As(err, &mine)
		}
		seen := map[string]bool{}
		for _, o := range named {
			if o.Name != path.Clean(o.Name) || strings.HasPrefix(o.Name, "/") || !filepath.IsLocal(o.Name) || seen[o.Name] {
				return false
			}
			seen[o.Name] = true
		}
		for name := range seen {
			for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
				if seen[dir] {
					return false
				}
			}
		}
		return true
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}
