package store

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What went wrong, for errors.Is.
var (
	// ErrExists is answered by inserts when there is such a row already.
	ErrExists = errors.New("store: already exists")
	// ErrNotFound is answered when there is no such row.
	ErrNotFound = errors.New("store: not found")
	// ErrStale is answered by updates of a row that changed since it was read.
	ErrStale = errors.New("store: changed meanwhile")
	// ErrFull says that the disk of the database is full.
	ErrFull = errors.New("store: the disk of the database is full: free some space and try again")
	// ErrBusy says that another program kept the database locked.
	ErrBusy = errors.New("store: the database is locked by another program: stop it or try again")
	// ErrClosed is answered after Close.
	ErrClosed = errors.New("store: closed")
	// ErrNewer refuses a database that a newer version has changed.
	ErrNewer = errors.New("store: the database was written by a newer version of this program: upgrade the program or restore a backup")
)

// errNested refuses an Update inside an Update, which would wait for itself.
var errNested = errors.New("store: an update was started inside a transaction")

// mapError gives the errors of the drivers that users can do something about
// their name, keeping the driver's as detail.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("%w (%w)", ErrFull, err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("%w (%w)", ErrBusy, err)
		}
		return err
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "53100" {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}

// conflicted says that PostgreSQL gave up a transaction that may succeed when
// it is run again: a serialization failure or a deadlock.
func conflicted(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// Panic is what Update panics with when its function did, so that the stack of
// the function is not lost.
type Panic struct {
	// Value is what the function panicked with.
	Value any
	// Stack is where it did.
	Stack []byte
}

// Error implements error.
func (p *Panic) Error() string {
	return fmt.Sprintf("store: panic in an update: %v\n%s", p.Value, p.Stack)
}
