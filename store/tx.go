package store

import (
	"context"
	"database/sql"
	"time"
)

// Tx is a transaction, valid only inside the function it was given to and only
// on that function's goroutine.
type Tx struct {
	// Now is the time of everything this transaction writes: UTC, whole
	// microseconds, read once.
	Now time.Time

	ctx      context.Context
	dialect  string
	run      runner
	onCommit []func()
	// shared are the rows kept decoded; nil where uncommitted rows can be seen.
	shared *sharedRows
	// searched are the kinds whose changes are marked; marked says that one was.
	searched *searched
	marked   bool
	// conflict says that a statement lost a conflict, in case fn hides it.
	conflict bool
}

// runner executes statements inside one transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// newTx makes the transaction value around run.
func (db *DB) newTx(ctx context.Context, run runner) *Tx {
	return &Tx{Now: db.now().UTC().Truncate(time.Microsecond), ctx: ctx, dialect: db.dialect, run: run, searched: db.searched.Load()}
}

// newView is newTx for a View.
func (db *DB) newView(ctx context.Context, run runner) *Tx {
	tx := db.newTx(ctx, run)
	tx.shared = &db.shared
	return tx
}

// Context is the context of the View or Update. Database calls on it inside the
// transaction are refused, not deadlocked.
func (tx *Tx) Context() context.Context { return context.WithValue(tx.ctx, insideKey{}, true) }

// insideKey marks contexts that come from inside a transaction.
type insideKey struct{}

// Dialect is "sqlite" or "postgres", for the few statements that differ.
func (tx *Tx) Dialect() string { return tx.dialect }

// OnCommit runs fn after the transaction is durable and before Update returns.
// It does not run when the transaction fails, nor in a View.
func (tx *Tx) OnCommit(fn func()) { tx.onCommit = append(tx.onCommit, fn) }

// committed runs what was left to OnCommit.
func (tx *Tx) committed() {
	for _, fn := range tx.onCommit {
		fn()
	}
}

// Exec runs a statement with $1-style placeholders. A statement that failed
// fails the whole transaction, on both databases. One with an argument that is a
// text with a NUL character is not run: a ValidationException.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	ctx, err := tx.statementContext(args)
	if err != nil {
		return nil, err
	}
	r, err := tx.run.ExecContext(ctx, query, args...)
	return r, tx.failed(err)
}

// Query is Exec for statements that answer rows. Close them before the
// function returns.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	ctx, err := tx.statementContext(args)
	if err != nil {
		return nil, err
	}
	r, err := tx.run.QueryContext(ctx, query, args...)
	return r, tx.failed(err)
}

// QueryRow is Query for at most one row; Scan answers sql.ErrNoRows without one.
func (tx *Tx) QueryRow(query string, args ...any) OneRow {
	ctx, err := tx.statementContext(args)
	if err != nil {
		return OneRow{err: err}
	}
	return OneRow{row: tx.run.QueryRowContext(ctx, query, args...)}
}

// failed notes and names the error of a statement.
func (tx *Tx) failed(err error) error {
	if err != nil && conflicted(err) {
		tx.conflict = true
	}
	return mapError(err)
}

// statementContext is what drivers get to run a statement with args, unless it
// must not run. SQLite never sees a context that can
// end: interrupting a statement would roll back the transaction that others
// share, and watching one costs a goroutine a statement. The context is looked
// at between statements instead; each takes milliseconds at most.
func (tx *Tx) statementContext(args []any) (context.Context, error) {
	if err := tx.ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkText(args); err != nil {
		return nil, err
	}
	if tx.dialect == sqliteDialect {
		return context.Background(), nil
	}
	return tx.ctx, nil
}
