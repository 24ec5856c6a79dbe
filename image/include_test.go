package image_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// Images share the files of a folder that they include; their own files win,
// and a change of the shared folder is a change of every image that includes it.
func TestIncludedFolder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fsys := fstest.MapFS{
			"one/manifest.json":  {Data: []byte(`{"uris": ["*/one:*"], "include": ["shared"], "train": ["{dir}/train"]}`)},
			"one/own.txt":        {Data: []byte("own")},
			"two/manifest.json":  {Data: []byte(`{"uris": ["*/two:*"], "include": ["shared"], "train": ["{dir}/train"]}`)},
			"shared/own.txt":     {Data: []byte("shared")},
			"shared/train":       {Data: []byte(trainScript)},
			"shared/package/a.x": {Data: []byte("a")},
		}
		want := map[string]map[string]string{
			"one": {"own.txt": "own", "train": trainScript, "package/a.x": "a"},
			"two": {"own.txt": "shared", "train": trainScript, "package/a.x": "a"},
		}
		before := map[string]string{}
		m := newManager(t, db, fsys)
		for name, files := range want {
			img, program := prepared(t, m, "r/"+name+":1")
			before[name] = img.Dir
			for file, content := range files {
				got, err := os.ReadFile(filepath.Join(img.Dir, file))
				if err != nil || string(got) != content {
					t.Errorf("%s/%s is %q (%v), want %q", name, file, got, err, content)
				}
			}
			if info, err := os.Stat(program.Train[0]); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s: train is not executable: %v", name, err)
			}
		}
		fsys["shared/package/a.x"] = &fstest.MapFile{Data: []byte("b")}
		m = newManager(t, db, fsys)
		for name := range want {
			img, err := m.Resolve(t.Context(), "r/"+name+":1")
			if err != nil || filepath.Base(img.Dir) == filepath.Base(before[name]) {
				t.Errorf("%s: a changed shared folder left it at %s (%v)", name, img.Dir, err)
			}
		}
	})
}

func prepared(t *testing.T, m *image.Manager, uri string) (image.Image, image.Program) {
	t.Helper()
	img, err := m.Resolve(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	program, err := m.Prepare(t.Context(), img, nil)
	if err != nil {
		t.Fatal(err)
	}
	return img, program
}

func TestIncludeIsChecked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, name := range []string{"absent", "..", "../two", "a/b", "", ".", "one"} {
			manifest := `{"include": ["` + name + `"], "train": ["true"]}`
			fsys := fstest.MapFS{"one/manifest.json": {Data: []byte(manifest)}}
			if _, err := image.New(image.Options{DB: db, CacheDir: t.TempDir(), Images: fsys}); err == nil {
				t.Errorf("include %q was taken", name)
			}
		}
		m := newManager(t, db, nil)
		_, err := m.Add(t.Context(), "mine:1", folder(t, map[string]string{
			"manifest.json": `{"include": ["shared"], "train": ["true"]}`,
		}))
		refused(t, err, "include", "built-in images")
	})
}
