package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// SortBy is the column that a list is ordered by; rows that are equal in it are
// ordered by name.
type SortBy int

// What lists can be sorted by.
const (
	ByCreated SortBy = iota
	ByName
	ByModified
	ByStatus
)

// column is the SQL column of the order.
func (s SortBy) column() string {
	switch s {
	case ByName:
		return "name"
	case ByModified:
		return "modified_at"
	case ByStatus:
		return "status"
	}
	return "created_at"
}

// Query selects and orders rows of a list; zero members select everything. The
// time bounds are inclusive.
type Query struct {
	SortBy     SortBy
	Descending bool
	// NameContains is compared byte by byte.
	NameContains string
	// Status and Parent must be equal.
	Status, Parent                string
	CreatedAfter, CreatedBefore   time.Time
	ModifiedAfter, ModifiedBefore time.Time
	// Among, when it is set, are the names to choose from.
	Among *Among
	// After is the last row of the previous page.
	After *Cursor
	// Limit bounds the number of rows, 0 for no bound.
	Limit int
}

// Among is a statement that answers names: those of the rows that belong to
// something, where Parent is not enough. In it $2 and $3 are the list's account
// and region, and each ? is the next of Args.
type Among struct {
	SQL  string
	Args []any
}

// Cursor is a place in a list, made with CursorOf; it may be stored as JSON.
// It belongs to the SortBy it was made for.
type Cursor struct {
	// Number is the place in an order by time (microseconds), Text in others.
	Number int64  `json:"n,omitempty"`
	Text   string `json:"t,omitempty"`
	// Name breaks ties.
	Name string `json:"m"`
}

// CursorOf is the place of row in a list sorted by s.
func CursorOf[T any](row *Row[T], s SortBy) Cursor {
	c := Cursor{Name: row.Name}
	switch s {
	case ByCreated:
		c.Number = Micros(row.CreatedAt)
	case ByModified:
		c.Number = Micros(row.ModifiedAt)
	case ByStatus:
		c.Text = row.Status
	}
	return c
}

// value is what the sort column is compared with.
func (c Cursor) value(s SortBy) any {
	if s == ByStatus {
		return c.Text
	}
	return c.Number
}

// List is the rows that q selects, in its order.
func (t Table[T]) List(tx *Tx, scope aws.Scope, q Query) ([]*Row[T], error) {
	// The page is chosen from an index alone; then its rows are read, and those
	// only (without MATERIALIZED and CROSS, SQLite would rather walk through all
	// rows in order and look each up in the page).
	var b statement
	order := q.order("")
	page := "SELECT name FROM resource WHERE " + b.where(tx, t.kind, scope, q) + " ORDER BY " + order
	if q.Limit > 0 {
		page += " LIMIT " + b.arg(q.Limit)
	}
	rows, err := tx.Query("WITH page AS MATERIALIZED ("+page+") SELECT "+listColumns+` FROM page CROSS JOIN resource r
		WHERE r.kind = $1 AND r.account = $2 AND r.region = $3 AND r.name = page.name ORDER BY `+q.order("r."), b.args...)
	if err != nil {
		return nil, fmt.Errorf("store: list %s: %w", t.kind, err)
	}
	defer rows.Close()
	var list []*Row[T]
	for rows.Next() {
		row, _, err := scanRow[T](scope, rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("store: list %s: %w", t.kind, err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("store: list %s: %w", t.kind, err)
	}
	return list, nil
}

// Count is how many rows q selects; its order and Limit do not matter.
func (t Table[T]) Count(tx *Tx, scope aws.Scope, q Query) (int, error) {
	var b statement
	var n int
	err := tx.QueryRow("SELECT count(*) FROM resource WHERE "+b.where(tx, t.kind, scope, q), b.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: count %s: %w", t.kind, err)
	}
	return n, nil
}

// listColumns are rowColumns in the statement of List.
const listColumns = "r.name, r.arn, r.status, r.parent, r.created_at, r.modified_at, r.rev, r.body"

// order is the SQL order of q, with prefix before the columns.
func (q Query) order(prefix string) string {
	direction := ""
	if q.Descending {
		direction = " DESC"
	}
	if q.SortBy == ByName {
		return prefix + "name" + direction
	}
	return prefix + q.SortBy.column() + direction + ", " + prefix + "name" + direction
}

// statement collects the arguments of a statement under construction.
type statement struct{ args []any }

// arg adds an argument and answers its placeholder.
func (b *statement) arg(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
}

// among is the statement of a with its arguments' placeholders.
func (b *statement) among(a *Among) string {
	var sql strings.Builder
	parts := strings.Split(a.SQL, "?")
	for i, part := range parts {
		sql.WriteString(part)
		if i < len(parts)-1 {
			sql.WriteString(b.arg(a.Args[i]))
		}
	}
	return sql.String()
}

// where is the condition of q; kind, account and region are $1 to $3.
func (b *statement) where(tx *Tx, kind string, scope aws.Scope, q Query) string {
	var w strings.Builder
	w.WriteString("kind = " + b.arg(kind) + " AND account = " + b.arg(scope.Account) + " AND region = " + b.arg(scope.Region))
	add := func(condition string, v any) { w.WriteString(" AND " + condition + b.arg(v)) }
	if q.NameContains != "" {
		position := "instr"
		if tx.dialect == postgresDialect {
			position = "strpos"
		}
		w.WriteString(" AND " + position + "(name, " + b.arg(q.NameContains) + ") > 0")
	}
	if q.Status != "" {
		add("status = ", q.Status)
	}
	if q.Parent != "" {
		add("parent <> '' AND parent = ", q.Parent)
	}
	if q.Among != nil {
		w.WriteString(" AND name IN (" + b.among(q.Among) + ")")
	}
	for _, bound := range []struct {
		condition string
		t         time.Time
	}{
		{"created_at >= ", q.CreatedAfter}, {"created_at <= ", q.CreatedBefore},
		{"modified_at >= ", q.ModifiedAfter}, {"modified_at <= ", q.ModifiedBefore},
	} {
		if !bound.t.IsZero() {
			add(bound.condition, Micros(bound.t))
		}
	}
	if q.After != nil {
		than := " > "
		if q.Descending {
			than = " < "
		}
		if q.SortBy == ByName {
			add("name"+than, q.After.Name)
		} else {
			w.WriteString(" AND (" + q.SortBy.column() + ", name)" + than + "(" +
				b.arg(q.After.value(q.SortBy)) + ", " + b.arg(q.After.Name) + ")")
		}
	}
	return w.String()
}
