package store

import (
	"context"
	"database/sql/driver"
	"io"

	"modernc.org/sqlite"
)

// maxStatements bounds how many prepared statements one connection keeps.
const maxStatements = 256

// sqliteConnector opens connections that keep their prepared statements:
// preparing costs more than running most of ours.
type sqliteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

// Connect implements driver.Connector.
func (c *sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &cachedConn{Conn: conn, idle: map[string]*cachedStmt{}, open: map[*cachedRows]struct{}{}}, nil
}

// Driver implements driver.Connector.
func (c *sqliteConnector) Driver() driver.Driver { return c.driver }

// cachedConn is a connection of SQLite with the statements it has prepared. A
// statement that runs is out of the cache, so the same text may be run while
// rows of an earlier run are still read.
type cachedConn struct {
	driver.Conn
	idle map[string]*cachedStmt
	open map[*cachedRows]struct{}
	// failed is the first error of a statement since reset; see session.
	failed error
}

// stmtContext is what the driver's statements can do.
type stmtContext interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// cachedStmt is one prepared statement and the text it came from.
type cachedStmt struct {
	stmtContext
	text string
}

// take gives a statement that nobody else runs.
func (c *cachedConn) take(text string) (*cachedStmt, error) {
	if s, ok := c.idle[text]; ok {
		delete(c.idle, text)
		return s, nil
	}
	s, err := c.Conn.Prepare(text)
	if err != nil {
		return nil, err
	}
	return &cachedStmt{stmtContext: s.(stmtContext), text: text}, nil
}

// give returns a statement for the next taker.
func (c *cachedConn) give(s *cachedStmt) error {
	if _, ok := c.idle[s.text]; ok {
		return s.Close()
	}
	if len(c.idle) >= maxStatements {
		for text, old := range c.idle { // any one: the working set is far smaller
			delete(c.idle, text)
			if err := old.Close(); err != nil {
				return err
			}
			break
		}
	}
	c.idle[s.text] = s
	return nil
}

// Close implements driver.Conn.
func (c *cachedConn) Close() error {
	for _, s := range c.idle {
		s.Close()
	}
	clear(c.idle)
	return c.Conn.Close()
}

// ExecContext implements driver.ExecerContext.
func (c *cachedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.exec(ctx, query, args)
	c.note(err)
	return r, err
}

func (c *cachedConn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(query)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(ctx, args)
	if giveErr := c.give(s); err == nil {
		err = giveErr
	}
	return r, err
}

// QueryContext implements driver.QueryerContext.
func (c *cachedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(query)
	if err != nil {
		c.note(err)
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		c.note(err)
		s.Close()
		return nil, err
	}
	rows := &cachedRows{Rows: r, conn: c, stmt: s}
	c.open[rows] = struct{}{}
	return rows, nil
}

// note remembers the first failure of the transaction.
func (c *cachedConn) note(err error) {
	if err != nil && c.failed == nil {
		c.failed = err
	}
}

// reset closes rows that were left open and forgets failures. It answers how
// many rows there were, and the failure.
func (c *cachedConn) reset() (left int, failed error) {
	left, failed = len(c.open), c.failed
	for r := range c.open {
		r.Close()
	}
	c.failed = nil
	return left, failed
}

// cachedRows gives its statement back when it is closed.
type cachedRows struct {
	driver.Rows
	conn *cachedConn
	stmt *cachedStmt
}

// Next implements driver.Rows.
func (r *cachedRows) Next(dest []driver.Value) error {
	if r.stmt == nil {
		return io.ErrClosedPipe
	}
	err := r.Rows.Next(dest)
	if err != io.EOF {
		r.conn.note(err)
	}
	return err
}

// Close implements driver.Rows.
func (r *cachedRows) Close() error {
	if r.stmt == nil {
		return nil
	}
	err := r.Rows.Close()
	delete(r.conn.open, r)
	if giveErr := r.conn.give(r.stmt); err == nil {
		err = giveErr
	}
	r.stmt = nil
	return err
}
