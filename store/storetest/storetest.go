// Package storetest gives tests databases of their own: SQLite files and, where
// a PostgreSQL can be found or started, PostgreSQL databases.
//
// Each runs a test on both. The PostgreSQL comes from SAGEBRUSH_TEST_POSTGRES
// (the URL of a server whose user may create databases) or from the binaries on
// this machine: one server per test process, started when the first test asks,
// on a socket in a temporary directory, and ended by a watcher as soon as the
// test process is gone, however it ended. Without either the PostgreSQL subtest
// is skipped, or fails when SAGEBRUSH_REQUIRE_POSTGRES=1.
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/sagebrush/sagebrush/store"
)

// Each runs fn as the subtests "sqlite" and "postgres", each on a fresh
// database. The subtests run in parallel.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { fn(t, Open(t, url)) })
}

// EachURL is Each for tests that open the database themselves, more than once
// for example.
func EachURL(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLiteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, PostgresURL(t))
	})
}

// SQLite is a fresh SQLite database, closed at the end of the test.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, SQLiteURL(t))
}

// SQLiteURL is the URL of an SQLite file that does not exist yet.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Open opens url and closes it at the end of the test.
func Open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
