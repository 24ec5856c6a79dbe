package store_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// TestOpenTogether starts several servers on one new database at once.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	together := func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				db, err := store.Open(t.Context(), url, store.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				defer db.Close()
				if err := db.Update(t.Context(), func(tx *store.Tx) error { return store.AddTags(tx, scope, "arn", map[string]string{"k": "v"}) }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); together(t, storetest.SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); together(t, storetest.EmptyPostgresURL(t)) })
}

// TestNewerDatabaseIsRefused pretends that a later version was here.
func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url, store.Options{})
		must(t, err)
		must(t, db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO schema_version (version_id, is_applied) VALUES ($1, $2)", 9999, true)
			return err
		}))
		must(t, db.Close())
		_, err = store.Open(t.Context(), url, store.Options{})
		if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "9999") {
			t.Errorf("got %v", err)
		}
	})
}

// TestMigrationsUseCommonWords keeps the migrations to what both databases know.
func TestMigrationsUseCommonWords(t *testing.T) {
	t.Parallel()
	dir := os.DirFS("migrations")
	names, err := fs.Glob(dir, "*.sql")
	must(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		must(t, err)
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s: migrations go forwards only", name)
		}
		for rest := string(text); ; {
			_, after, found := strings.Cut(rest, "{{")
			if !found {
				break
			}
			word, left, _ := strings.Cut(after, "}}")
			if !slices.Contains([]string{"key", "blob", "identity", "clustered"}, word) {
				t.Errorf("%s: {{%s}} is not replaced", name, word)
			}
			rest = left
		}
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"mysql://u:secret@h/d":                     "no database",
		"sqlite:relative.db":                       "not an absolute path",
		"sqlite:/dev/null/x.db":                    "not a directory",
		"sqlite:" + t.TempDir():                    "unable to open",
		"postgres://u:secret@127.0.0.1:1/d":        "127.0.0.1",
		"postgres://u:secret@127.0.0.1:bad-port/d": "port",
	} {
		_, err := store.Open(t.Context(), url, store.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
