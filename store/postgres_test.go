package store_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// A database that was filled without the server, as by a restore, is given
// statistics when it is opened. Autovacuum is kept from doing it first.
func TestOpenAnalyzes(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	count := func(query string) (n int) {
		t.Helper()
		if err := pool.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, statement := range []string{
		"ALTER TABLE tag SET (autovacuum_enabled = off)",
		"INSERT INTO tag (account, region, arn, key, value) SELECT 'a', 'r', 'arn', n::text, '' FROM generate_series(1, 6000) n",
	} {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); count("SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = 'tag'") < 6000; {
		if time.Now().After(deadline) {
			t.Fatal("PostgreSQL has not counted the rows")
		}
	}
	const statistics = "SELECT count(*) FROM pg_stats WHERE tablename = 'tag'"
	if n := count(statistics); n != 0 {
		t.Fatalf("%d columns have statistics before the database is opened", n)
	}
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(statistics); n == 0 {
		t.Error("no column has statistics after the database was opened")
	}
}
