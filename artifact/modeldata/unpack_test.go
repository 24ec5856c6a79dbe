package modeldata_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
)

// What archives of all kinds become, and which are refused. Nothing of any lies or
// leads outside.
func TestArchives(t *testing.T) {
	t.Parallel()
	s := objects(t)
	link := func(name, to string) member { return member{name: name, link: to, kind: tar.TypeSymlink} }
	hard := func(name, to string) member { return member{name: name, link: to, kind: tar.TypeLink} }
	for name, c := range map[string]struct {
		members []member
		want    map[string]string
		reason  string
	}{
		"absolute names":    {members: []member{{name: "/etc/passwd", content: "x"}}, want: map[string]string{"etc/": "", "etc/passwd": "x"}},
		"no directories":    {members: []member{{name: "a/b/c", content: "x"}}, want: map[string]string{"a/": "", "a/b/": "", "a/b/c": "x"}},
		"the last one wins": {members: []member{{name: "a", content: "1"}, {name: "a", content: "2"}}, want: map[string]string{"a": "2"}},
		"links inside": {
			members: []member{{name: "d/f", content: "x"}, link("l", "d/f"), link("d/up", "../d"), link("dangling", "none"), link("round", "round"), hard("h", "d/f")},
			want:    map[string]string{"d/": "", "d/f": "x", "d/up": "->../d", "l": "->d/f", "dangling": "->none", "round": "->round", "h": "x"},
		},
		"a file in place of a link":  {members: []member{{name: "f", content: "x"}, link("l", "f"), {name: "l", content: "y"}}, want: map[string]string{"f": "x", "l": "y"}},
		"up":                         {members: []member{{name: "../x", content: "x"}}, reason: "leads out of the archive"},
		"up inside":                  {members: []member{{name: "a/../../x", content: "x"}}, reason: "leads out of the archive"},
		"absolute link":              {members: []member{link("l", "/etc/passwd")}, reason: "is a link out"},
		"link up":                    {members: []member{link("l", "../outside")}, reason: "is a link out"},
		"link up by links":           {members: []member{link("a/b/x", "../.."), link("l", "a/b/x/../outside")}, reason: "is a link out"},
		"file through a link":        {members: []member{{name: "d/"}, link("l", "d"), {name: "l/f", content: "x"}}, reason: "is a file and a directory"},
		"file through a link out":    {members: []member{link("l", ".."), {name: "l/outside", content: "x"}}, reason: "is a file and a directory"},
		"hard link to nothing":       {members: []member{hard("h", "none")}, reason: "no file before it"},
		"hard link up":               {members: []member{hard("h", "../outside")}, reason: "leads out"},
		"hard link to a link":        {members: []member{link("l", ".."), hard("h", "l")}, reason: "no file before it"},
		"device":                     {members: []member{{name: "null", kind: tar.TypeChar}}, reason: "neither a file nor"},
		"pipe":                       {members: []member{{name: "p", kind: tar.TypeFifo}}, reason: "neither a file nor"},
		"file below a file":          {members: []member{{name: "a", content: "x"}, {name: "a/b", content: "x"}}, reason: "is a file and a directory"},
		"file in place of directory": {members: []member{{name: "a/b", content: "x"}, {name: "a", content: "x"}}, reason: "is a file and a directory"},
		"long name":                  {members: []member{{name: strings.Repeat("n", 256), content: "x"}}, reason: "too long"},
		"long path":                  {members: []member{{name: strings.Repeat("n/", 1100) + "x", content: "x"}}, reason: "cannot be a file's"},
		"no name":                    {members: []member{{name: ".", content: "x", kind: tar.TypeReg}}, reason: "has no name"},
	} {
		key := strings.ReplaceAll(name, " ", "-") + ".tar.gz"
		put(t, s, key, archive(t, c.members...))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			must(t, os.WriteFile(filepath.Join(base, "outside"), []byte("untouched"), 0o600))
			dir := filepath.Join(base, "model")
			err := modeldata.Download(t.Context(), s, request("s3://models/"+key, gzipped), dir)
			if c.reason == "" {
				must(t, err)
				same(t, dir, c.want)
			} else {
				refused(t, err, c.reason)
				nothing(t, dir)
			}
			if text, err := os.ReadFile(filepath.Join(base, "outside")); string(text) != "untouched" || err != nil {
				t.Errorf("outside: %q, %v", text, err)
			}
		})
	}
}

// Every archive that ends early is found out, wherever it ends, also a large one.
func TestTruncatedAnywhere(t *testing.T) {
	t.Parallel()
	whole := archive(t, member{name: "a/b", content: "hello"}, member{name: "c", content: strings.Repeat("zyx", 400)})
	for n := range whole {
		if n == 0 {
			continue // is no archive, see TestDownloadRefuses
		}
		root := t.TempDir()
		if err := modeldata.Unpack(bytes.NewReader(whole[:n]), int64(n), root, 1<<20); err == nil {
			t.Fatalf("%d of %d bytes were taken for whole", n, len(whole))
		}
		if err := modeldata.Unpack(bytes.NewReader(whole[:n]), 1<<30, root, 1<<20); err == nil {
			t.Fatalf("%d of %d bytes were taken for whole by the reader of large ones", n, len(whole))
		}
	}
	must(t, modeldata.Unpack(bytes.NewReader(whole), 1<<30, t.TempDir(), 1<<20))
}

// A few kilobytes that unpack to much more are stopped at the limit, also behind
// the archive's end and in its headers.
func TestBombs(t *testing.T) {
	t.Parallel()
	zeros := func(before []byte, n int64) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write(before)
		block := make([]byte, 1<<20)
		for ; n > 0; n -= int64(len(block)) {
			_, _ = w.Write(block)
		}
		must(t, w.Close())
		return out.Bytes()
	}
	var header bytes.Buffer
	must(t, tar.NewWriter(&header).WriteHeader(&tar.Header{Name: "big", Size: 1 << 40, Typeflag: tar.TypeReg}))
	root := t.TempDir()
	if err := modeldata.Unpack(bytes.NewReader(zeros(header.Bytes(), 4<<20)), 1<<20, root, 1<<20); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a member of a terabyte: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(root, "big")); err == nil {
		t.Error("it was begun")
	}
	if err := modeldata.Unpack(bytes.NewReader(zeros(nil, 3<<20)), 1<<20, t.TempDir(), 1<<20); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("megabytes behind the end: %v", err)
	}
}

// Whatever comes in, nothing comes to lie outside, and every link stays inside.
func FuzzUnpack(f *testing.F) {
	plain := func(members ...member) []byte {
		r, err := gzip.NewReader(bytes.NewReader(archive(f, members...)))
		must(f, err)
		var out bytes.Buffer
		_, err = out.ReadFrom(r)
		must(f, err)
		return out.Bytes()
	}
	f.Add(plain(member{name: "a/b", content: "x"}, member{name: "l", link: "a", kind: tar.TypeSymlink}))
	f.Add(plain(member{name: "../x", content: "x"}, member{name: "l", link: "../..", kind: tar.TypeSymlink}, member{name: "h", link: "a", kind: tar.TypeLink}))
	f.Fuzz(func(t *testing.T, content []byte) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(content)
		must(t, w.Close())
		base := t.TempDir()
		root := filepath.Join(base, "deep", "model")
		must(t, os.MkdirAll(root, 0o755))
		err := modeldata.Unpack(&packed, int64(packed.Len()), root, 1<<20)
		for path := range tree(t, base) {
			if path != "deep/" && path != "deep/model/" && !strings.HasPrefix(path, "deep/model/") {
				t.Errorf("%s lies outside", path)
			}
		}
		if err != nil {
			return
		}
		for path, content := range tree(t, root) {
			if !strings.HasPrefix(content, "->") {
				continue
			}
			if real, err := filepath.EvalSymlinks(filepath.Join(root, path)); err == nil && real != root && !strings.HasPrefix(real, root+"/") {
				t.Errorf("%s leads to %s", path, real)
			}
		}
	})
}
