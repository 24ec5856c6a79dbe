package image_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sagebrush/sagebrush/images"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// DescribeAlgorithm-3, X-10: a digest names the content: it is the same for the
// same files, wherever they lie, and another one after any change but what
// running the image leaves behind.
func TestDigest(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), images.FS)
	digest := func(uri string) string {
		t.Helper()
		d, err := m.Digest(t.Context(), uri)
		if err != nil {
			t.Fatal(err)
		}
		// The pattern of ImageDigest in the API model.
		if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(d) {
			t.Fatalf("%s: %q is no digest", uri, d)
		}
		return d
	}
	files := map[string]string{"train": "#!/bin/sh\n", "data": "x"}
	dir := folder(t, files)
	for uri, dir := range map[string]string{"one:1": dir, "two:1": folder(t, files)} {
		if _, err := m.Add(t.Context(), uri, dir); err != nil {
			t.Fatal(err)
		}
	}
	before := digest("one:1")
	if digest("two:1") != before {
		t.Error("the same files have another digest elsewhere")
	}
	if builtIn := digest(xgboostURI); builtIn == before || digest(xgboostURI) != builtIn {
		t.Error("a built-in image has no digest of its own, or not always the same")
	}
	cache := filepath.Join(dir, "__pycache__")
	if err := errors.Join(os.Mkdir(cache, 0o755), os.WriteFile(filepath.Join(cache, "a.pyc"), []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if digest("one:1") != before {
		t.Error("what Python compiled changed the digest")
	}
	seen := map[string]string{before: "nothing"}
	for _, c := range []struct {
		what string
		do   func() error
	}{
		{"content", func() error { return os.WriteFile(filepath.Join(dir, "data"), []byte("y"), 0o644) }},
		{"name", func() error { return os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, "date")) }},
		{"mode", func() error { return os.Chmod(filepath.Join(dir, "date"), 0o755) }},
		{"link", func() error { return os.Symlink("date", filepath.Join(dir, "link")) }},
		{"target", func() error {
			return errors.Join(os.Remove(filepath.Join(dir, "link")), os.Symlink("train", filepath.Join(dir, "link")))
		}},
		{"new file", func() error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o644) }},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		now := digest("one:1")
		if other := seen[now]; other != "" {
			t.Errorf("after a change of %s the digest is as after %s", c.what, other)
		}
		seen[now] = c.what
	}
}

func TestDigestRefuses(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), nil)
	_, err := m.Digest(t.Context(), "nobody/knows:1")
	refused(t, err, "nobody/knows:1", "sagebrush image add")
	if _, err := m.Add(t.Context(), "mine:1", folder(t, map[string]string{"train": "#!/bin/sh\n"})); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Digest(ctx, "mine:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
