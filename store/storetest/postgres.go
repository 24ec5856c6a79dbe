package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// The variables that steer the PostgreSQL tests.
const (
	envURL     = "SAGEBRUSH_TEST_POSTGRES"
	envRequire = "SAGEBRUSH_REQUIRE_POSTGRES"
)

// server is the PostgreSQL that the tests of this process share.
type server struct {
	admin    *url.URL // some database of the server, to create others from
	pool     *sql.DB
	template string
	// alive is kept reachable: when the garbage collector closed it, the server
	// would end.
	alive io.Closer
	next  atomic.Int64
}

// shared starts the server once per test process. It is package state because
// the tests of one process have nothing else in common.
var shared = sync.OnceValues(start)

// start finds or starts PostgreSQL and migrates the template.
func start() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	address := os.Getenv(envURL)
	var alive io.Closer
	if address == "" {
		var err error
		if address, alive, err = launch(ctx); err != nil {
			return nil, err
		}
	}
	admin, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	s := &server{admin: admin, alive: alive, template: fmt.Sprintf("sagebrush_test_%d_template", os.Getpid())}
	if s.pool, err = sql.Open("pgx", address); err != nil {
		return nil, err
	}
	if _, err := s.pool.ExecContext(ctx, "DROP DATABASE IF EXISTS "+s.template); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	if _, err := s.pool.ExecContext(ctx, "CREATE DATABASE "+s.template); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, s.url(s.template), store.Options{})
	if err != nil {
		return nil, err
	}
	return s, db.Close() // a template must have no connections
}

// url is the URL of another database of the server.
func (s *server) url(name string) string {
	u := *s.admin
	u.Path = "/" + name
	return u.String()
}

// PostgresURL is the URL of a fresh PostgreSQL database with the schema in
// place, dropped at the end of the test. Without a PostgreSQL the test is
// skipped, or fails when SAGEBRUSH_REQUIRE_POSTGRES=1.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return create(t, true)
}

// EmptyPostgresURL is PostgresURL without the schema, for tests of migrations.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return create(t, false)
}

func create(t testing.TB, migrated bool) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		if os.Getenv(envRequire) == "1" {
			t.Fatalf("%s=1, but there is no PostgreSQL: %v", envRequire, err)
		}
		t.Skipf("NOT TESTED on PostgreSQL: %v (install it, or set %s)", err, envURL)
	}
	name := fmt.Sprintf("sagebrush_test_%d_%d", os.Getpid(), s.next.Add(1))
	command := "CREATE DATABASE " + name
	if migrated {
		command += " TEMPLATE " + s.template
	}
	if _, err := s.pool.ExecContext(t.Context(), command); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.pool.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.url(name)
}
