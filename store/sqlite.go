package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"modernc.org/sqlite"
)

// sqliteBackend is one database file: a writer and a few readers.
type sqliteBackend struct {
	db     *DB
	pool   *sql.DB
	writer *writer
	// readers holds the idle read connections; its capacity bounds them.
	readers chan *session
	// slots holds a token for each reader that was not opened yet.
	slots chan struct{}
	// closing is closed when no reader will become free any more.
	closing chan struct{}
}

// sqliteDSN is the driver's name for the file at path with our settings:
// every commit is synced (synchronous=FULL), savepoints and sorts stay in
// memory, each connection caches at most 4 MB, and a lock of another program is
// waited for 5 s.
func sqliteDSN(path string) string {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"temp_store(MEMORY)", "cache_size(-4096)", "mmap_size(0)",
		"wal_autocheckpoint(2000)", "journal_size_limit(33554432)",
	}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func openSQLite(ctx context.Context, db *DB, path string) (backend, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%q is not an absolute path", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// fdatasync is as durable as fsync for what SQLite does, and half the cost;
	// the driver's default is only the cautious one. Elsewhere than on Linux it
	// may be unavailable, which changes nothing.
	_, _ = sqlite.Fdatasync(true)
	pool := sql.OpenDB(&sqliteConnector{driver: &sqlite.Driver{}, dsn: sqliteDSN(path)})
	if err := migrate(ctx, sqliteDialect, pool, db.logger); err != nil {
		return nil, errors.Join(mapError(err), pool.Close())
	}
	write, err := newSession(ctx, pool)
	if err != nil {
		return nil, errors.Join(mapError(err), pool.Close())
	}
	b := &sqliteBackend{db: db, pool: pool, writer: newWriter(db, write), closing: make(chan struct{})}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	b.readers, b.slots = make(chan *session, n), make(chan struct{}, n)
	for range n {
		b.slots <- struct{}{}
	}
	return b, nil
}

func (b *sqliteBackend) update(ctx context.Context, _ sql.IsolationLevel, fn func(tx *Tx) error) error {
	return b.writer.update(ctx, fn)
}

func (b *sqliteBackend) close() error {
	b.writer.close()
	close(b.closing)
	errs := []error{b.writer.s.end()}
	for range cap(b.readers) {
		select {
		case s := <-b.readers:
			errs = append(errs, s.end())
		case <-b.slots:
		}
	}
	return errors.Join(append(errs, b.pool.Close())...)
}

func (b *sqliteBackend) view(ctx context.Context, fn func(tx *Tx) error) (err error) {
	s, err := b.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { b.readers <- s }()
	if err := s.do("BEGIN"); err != nil {
		return mapError(err)
	}
	// Not only for errors: fn may panic, or end its goroutine.
	defer func() {
		err = mapError(s.finish(err))
		if endErr := s.do("ROLLBACK"); endErr != nil && err == nil {
			err = mapError(endErr)
		}
	}()
	return fn(b.db.newView(ctx, s))
}

// reader takes an idle read connection, opening one if there are not enough.
func (b *sqliteBackend) reader(ctx context.Context) (*session, error) {
	select {
	case s := <-b.readers:
		return s, nil
	default:
	}
	select {
	case s := <-b.readers:
		return s, nil
	case <-b.slots:
		s, err := newSession(context.WithoutCancel(ctx), b.pool)
		if err == nil {
			err = s.do("PRAGMA query_only(ON)")
		}
		if err != nil {
			b.slots <- struct{}{}
			return nil, mapError(err)
		}
		return s, nil
	case <-b.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
