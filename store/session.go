package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// session is a connection of SQLite that stays with one user at a time.
type session struct {
	*sql.Conn
	raw *cachedConn
}

// newSession takes a connection out of pool for good.
func newSession(ctx context.Context, pool *sql.DB) (*session, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{Conn: conn}
	err = conn.Raw(func(driverConn any) error {
		s.raw = driverConn.(*cachedConn)
		s.raw.reset() // migrations look for tables that may not exist
		return nil
	})
	return s, err
}

// end closes the connection. It goes past database/sql, which would wait for
// ever if a transaction had left rows open.
func (s *session) end() error { return s.raw.Close() }

// do runs a statement without arguments on the connection itself.
func (s *session) do(text string) error {
	_, err := s.raw.exec(context.Background(), text, nil)
	return err
}

// finish ends the use of the connection by one function that answered err. A
// statement that failed fails the function even if it went on: PostgreSQL would
// refuse to commit, and both databases must do the same.
func (s *session) finish(err error) error {
	left, failed := s.raw.reset()
	switch {
	case err != nil:
		return err
	case failed != nil:
		return fmt.Errorf("store: a statement of the transaction failed: %w", failed)
	case left > 0:
		return errRowsOpen
	}
	return nil
}

// errRowsOpen reports a bug: rows must be closed inside the transaction.
var errRowsOpen = errors.New("store: rows were left open at the end of the transaction")
