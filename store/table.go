package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Row is a resource as it is stored: what lists and guards need as columns,
// everything else in Body.
type Row[T any] struct {
	Scope aws.Scope
	// Name is unique among the rows of its kind in Scope, byte by byte.
	Name string
	// ARN of the resource.
	ARN string
	// Status and Parent are what lists filter by, "" when the kind has none.
	// Parent is whatever groups rows: the name of a tuning job, of an endpoint.
	Status, Parent string
	// CreatedAt and ModifiedAt are set by Insert and Update.
	CreatedAt, ModifiedAt time.Time
	// Rev counts the versions of the row from 1; Update guards on it.
	Rev int64
	// Body is stored as JSON.
	Body T
}

// Table is all rows of one kind. It holds no state: make one wherever the kind
// is known and keep it in a variable.
type Table[T any] struct{ kind string }

// NewTable names the table of a kind, such as "training-job". Kinds share one
// SQL table, so a new one needs no migration; its name must never change.
func NewTable[T any](kind string) Table[T] { return Table[T]{kind} }

// Kind is the name the table was made with.
func (t Table[T]) Kind() string { return t.kind }

// rowColumns are the columns that scanRow reads.
const rowColumns = "name, arn, status, parent, created_at, modified_at, rev, body"

// Insert adds row and sets its CreatedAt, ModifiedAt and Rev; ErrExists when
// the name is taken.
func (t Table[T]) Insert(tx *Tx, row *Row[T]) error {
	body, err := encodeBody(&row.Body)
	if err != nil {
		return fmt.Errorf("store: encode %s %s: %w", t.kind, row.Name, err)
	}
	now := Micros(tx.Now)
	r, err := tx.Exec(`INSERT INTO resource (kind, account, region, name, arn, status, parent, created_at, modified_at, rev, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1, $9) ON CONFLICT DO NOTHING`,
		t.kind, row.Scope.Account, row.Scope.Region, row.Name, row.ARN, row.Status, row.Parent, now, body)
	if err != nil {
		return fmt.Errorf("store: insert %s %s: %w", t.kind, row.Name, err)
	}
	if !changedOne(r) {
		return fmt.Errorf("%w: %s %s", ErrExists, t.kind, row.Name)
	}
	row.CreatedAt, row.ModifiedAt, row.Rev = tx.Now, tx.Now, 1
	return MarkChanged(tx, t.kind, row.Scope, row.Name)
}

// Get is the row of that name, or ErrNotFound.
func (t Table[T]) Get(tx *Tx, scope aws.Scope, name string) (*Row[T], error) {
	row, _, err := t.get(tx, scope, name)
	return row, err
}

// get is Get, with the length of the stored body.
func (t Table[T]) get(tx *Tx, scope aws.Scope, name string) (*Row[T], int, error) {
	row, length, err := scanRow[T](scope, tx.QueryRow("SELECT "+rowColumns+` FROM resource
		WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4`, t.kind, scope.Account, scope.Region, name).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, fmt.Errorf("%w: %s %s", ErrNotFound, t.kind, name)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("store: get %s %s: %w", t.kind, name, err)
	}
	return row, length, nil
}

// Update writes ARN, Status, Parent and Body of a row that was read, sets its
// ModifiedAt and counts Rev up; ErrStale when it changed or vanished since.
func (t Table[T]) Update(tx *Tx, row *Row[T]) error {
	body, err := encodeBody(&row.Body)
	if err != nil {
		return fmt.Errorf("store: encode %s %s: %w", t.kind, row.Name, err)
	}
	modified := tx.Now
	if modified.Before(row.ModifiedAt) { // a clock was set back
		modified = row.ModifiedAt
	}
	r, err := tx.Exec(`UPDATE resource SET arn = $1, status = $2, parent = $3, modified_at = $4, rev = rev + 1, body = $5
		WHERE kind = $6 AND account = $7 AND region = $8 AND name = $9 AND rev = $10`,
		row.ARN, row.Status, row.Parent, Micros(modified), body,
		t.kind, row.Scope.Account, row.Scope.Region, row.Name, row.Rev)
	if err != nil {
		return fmt.Errorf("store: update %s %s: %w", t.kind, row.Name, err)
	}
	if !changedOne(r) {
		return fmt.Errorf("%w: %s %s", ErrStale, t.kind, row.Name)
	}
	row.ModifiedAt = modified
	row.Rev++
	return MarkChanged(tx, t.kind, row.Scope, row.Name)
}

// Delete removes the row of that name, or answers ErrNotFound.
func (t Table[T]) Delete(tx *Tx, scope aws.Scope, name string) error {
	r, err := tx.Exec("DELETE FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND name = $4",
		t.kind, scope.Account, scope.Region, name)
	if err != nil {
		return fmt.Errorf("store: delete %s %s: %w", t.kind, name, err)
	}
	if !changedOne(r) {
		return fmt.Errorf("%w: %s %s", ErrNotFound, t.kind, name)
	}
	return MarkChanged(tx, t.kind, scope, name)
}

// DeleteChildren removes all rows with that parent, without reading them.
func (t Table[T]) DeleteChildren(tx *Tx, scope aws.Scope, parent string) error {
	if parent == "" {
		return fmt.Errorf("store: delete children of %s: no parent is given", t.kind)
	}
	rows, err := tx.Query("DELETE FROM resource WHERE kind = $1 AND account = $2 AND region = $3 AND parent = $4 RETURNING name",
		t.kind, scope.Account, scope.Region, parent)
	if err != nil {
		return fmt.Errorf("store: delete %s below %s: %w", t.kind, parent, err)
	}
	var names []string
	for rows.Next() && err == nil {
		var name string
		err = rows.Scan(&name)
		names = append(names, name)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("store: delete %s below %s: %w", t.kind, parent, err)
	}
	for _, name := range names {
		if err := MarkChanged(tx, t.kind, scope, name); err != nil {
			return err
		}
	}
	return nil
}

// changedOne says that a statement changed a row.
func changedOne(r sql.Result) bool {
	n, err := r.RowsAffected() // neither driver fails here
	return err == nil && n == 1
}

// scanRow reads rowColumns; it also answers the length of the stored body.
func scanRow[T any](scope aws.Scope, scan func(dest ...any) error) (*Row[T], int, error) {
	row := &Row[T]{Scope: scope}
	var created, modified int64
	var body string
	if err := scan(&row.Name, &row.ARN, &row.Status, &row.Parent, &created, &modified, &row.Rev, &body); err != nil {
		return nil, 0, err
	}
	row.CreatedAt, row.ModifiedAt = FromMicros(created), FromMicros(modified)
	if err := decodeBody(body, &row.Body); err != nil {
		return nil, 0, fmt.Errorf("decode %s: %w", row.Name, err)
	}
	return row, len(body), nil
}
