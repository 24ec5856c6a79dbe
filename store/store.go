package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// The names of the two databases, as DB.Dialect answers them.
const (
	sqliteDialect   = "sqlite"
	postgresDialect = "postgres"
)

// Options of Open; the zero value is fine.
type Options struct {
	// Logger receives warnings, such as slow migrations; nil discards them.
	Logger *slog.Logger
	// Now is the clock that transactions read, nil for time.Now.
	Now func() time.Time
}

// DB is an open database. All methods are safe for concurrent use.
type DB struct {
	dialect string
	logger  *slog.Logger
	now     func() time.Time
	backend backend
	shared  sharedRows
	// searched is what SetSearched was told, nil before.
	searched atomic.Pointer[searched]
	closed   atomic.Bool
}

// backend is what differs between the databases: how a function gets a
// transaction around it.
type backend interface {
	view(ctx context.Context, fn func(tx *Tx) error) error
	update(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) error
	close() error
}

// Open opens the database at url, "sqlite:/absolute/path.db" or a
// "postgres://" URL, and brings its schema up to date. A database that a newer
// version of the program has changed is refused with ErrNewer.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	db := &DB{logger: o.Logger, now: o.Now}
	if db.logger == nil {
		db.logger = slog.New(slog.DiscardHandler)
	}
	if db.now == nil {
		db.now = time.Now
	}
	scheme, rest, _ := strings.Cut(url, ":")
	var err error
	switch scheme {
	case "sqlite":
		db.dialect = sqliteDialect
		db.backend, err = openSQLite(ctx, db, strings.TrimPrefix(rest, "//"))
	case "postgres", "postgresql":
		db.dialect = postgresDialect
		db.backend, err = openPostgres(ctx, db, url)
	default:
		return nil, fmt.Errorf("store: %q is no database: use sqlite:/path/to/file.db or postgres://user@host/name", redact(url))
	}
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", redact(url), err)
	}
	return db, nil
}

// View runs fn on a read-only snapshot that holds every commit acknowledged
// before the call. It answers fn's error.
func (db *DB) View(ctx context.Context, fn func(tx *Tx) error) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	return db.backend.view(ctx, fn)
}

// Update runs fn in a transaction and commits it if fn answers nil: then the
// changes are durable when Update returns. With any error nothing is changed;
// ErrFull and ErrBusy (wrapped) tell a full disk and a locked database apart. fn
// may be run more than once. Do not call Update inside fn.
func (db *DB) Update(ctx context.Context, fn func(tx *Tx) error) error {
	return db.update(ctx, sql.LevelSerializable, fn)
}

// UpdateGuarded is Update for functions whose statements each check in their
// own WHERE clause what they rely on. PostgreSQL runs them at read committed,
// where they wait for each other's rows instead of conflicting; on SQLite there
// is no difference.
func (db *DB) UpdateGuarded(ctx context.Context, fn func(tx *Tx) error) error {
	return db.update(ctx, sql.LevelReadCommitted, fn)
}

func (db *DB) update(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) error {
	if ctx.Value(insideKey{}) != nil {
		return errNested
	}
	if err := db.usable(ctx); err != nil {
		return err
	}
	return db.backend.update(ctx, level, fn)
}

// usable says why a transaction cannot begin.
func (db *DB) usable(ctx context.Context) error {
	if db.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}

// Close waits for the transactions under way and closes the database. Closing
// twice is fine.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	return db.backend.close()
}

// Dialect is "sqlite" or "postgres".
func (db *DB) Dialect() string { return db.dialect }

// Micros is t as all SQL columns keep it: microseconds since 1970 in UTC; the
// zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the inverse of Micros, in UTC.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// redact is rawURL without a password.
func redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		scheme, _, _ := strings.Cut(rawURL, ":")
		return scheme + ":…"
	}
	return u.Redacted()
}
