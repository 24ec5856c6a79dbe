package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bounds of the PostgreSQL backend.
const (
	postgresConns   = 20
	postgresRetries = 12
	// postgresPatience is how often an update tries beside the others before it
	// runs alone.
	postgresPatience = 3
)

// postgresSession makes the database notice soon when the machine of a server
// has died, so that the locks of its last transaction do not outlive its leases.
const postgresSession = `SET idle_in_transaction_session_timeout = '10s';
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`

// postgres runs every function in a transaction of its own. Updates are
// serializable because SQLite's are: what is right on one database must be
// right on the other, also when the function decides by what it read.
type postgres struct {
	db   *DB
	pool *sql.DB
	// alone is held by an update that has lost several conflicts, and shared by all
	// others: many writers of the same rows would else defeat each other until
	// their retries are used up.
	alone sync.RWMutex
}

func openPostgres(ctx context.Context, db *DB, url string) (backend, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, postgresSession)
		return err
	}))
	pool.SetMaxOpenConns(postgresConns)
	pool.SetMaxIdleConns(postgresConns)
	pool.SetConnMaxIdleTime(time.Minute)
	if err := migrate(ctx, postgresDialect, pool, db.logger); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if err := analyze(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &postgres{db: db, pool: pool}, nil
}

// analyze brings the planner's statistics up to date where many rows have changed
// since they were taken, or never were: after a restore there are none, and
// without them PostgreSQL finds a page of a list in minutes instead of
// milliseconds until its autovacuum comes by. The bound is autovacuum's own with
// a larger floor.
func analyze(ctx context.Context, pool *sql.DB) error {
	const stale = `SELECT coalesce(string_agg(format('%I.%I', s.schemaname, s.relname), ', '), '')
		FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
		WHERE s.schemaname = current_schema() AND c.relowner = current_user::regrole AND s.n_mod_since_analyze > 5000 + 0.1 * greatest(c.reltuples, 0)`
	var tables string
	if err := pool.QueryRowContext(ctx, stale).Scan(&tables); err != nil || tables == "" {
		return err
	}
	_, err := pool.ExecContext(ctx, "ANALYZE "+tables)
	return err
}

func (p *postgres) close() error { return p.pool.Close() }

func (p *postgres) view(ctx context.Context, fn func(tx *Tx) error) error {
	t, err := p.pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return mapError(err)
	}
	defer t.Rollback()
	return fn(p.db.newView(ctx, t))
}

func (p *postgres) update(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) error {
	for attempt := 0; ; attempt++ {
		tx, err := p.attempt(ctx, attempt, level, fn)
		if err == nil {
			tx.committed()
			return nil
		}
		again := conflicted(err) || tx != nil && tx.conflict
		if !again || attempt == postgresRetries {
			return mapError(err)
		}
		// Losers of a conflict wait a random while that doubles, so that they
		// do not meet again.
		wait := time.Duration(rand.Int64N(int64(time.Millisecond) << min(attempt, 7)))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// attempt is once beside other updates of this server, or alone.
func (p *postgres) attempt(ctx context.Context, n int, level sql.IsolationLevel, fn func(tx *Tx) error) (*Tx, error) {
	if n < postgresPatience {
		p.alone.RLock()
		defer p.alone.RUnlock()
	} else {
		p.alone.Lock()
		defer p.alone.Unlock()
	}
	return p.once(ctx, level, fn)
}

// once runs fn in one transaction and commits it. It answers the transaction
// also when it failed, nil only when there was none.
func (p *postgres) once(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) (*Tx, error) {
	t, err := p.pool.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	tx := p.db.newTx(ctx, t)
	if err := fn(tx); err != nil {
		return tx, err
	}
	return tx, t.Commit()
}
