package lineage

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// SortBy is what a list of associations is ordered by; equal ones are ordered by
// their vertices' numbers.
type SortBy int

// What lists can be sorted by.
const (
	ByCreated SortBy = iota
	BySourceARN
	ByDestinationARN
	BySourceType
	ByDestinationType
)

// column is the SQL column of the order.
func (s SortBy) column() string {
	return [...]string{"a.created_at", "s.arn", "d.arn", "s.type", "d.type"}[s]
}

// List selects and orders associations; zero members select everything, the
// others are all of them conditions (Assoc-1). Time bounds are inclusive.
type List struct {
	// Source and Destination are vertices of the scope.
	Source, Destination *Vertex
	// SourceType and DestinationType are the entity's Type or its Kind; jobs are
	// found by "SageMakerTrainingJob", too.
	SourceType, DestinationType string
	// Type is that of the association.
	Type                        string
	CreatedAfter, CreatedBefore time.Time
	SortBy                      SortBy
	Descending                  bool
	After                       *Cursor
	Limit                       int
}

// Cursor is a place in a list; it may be stored as JSON, and belongs to the
// SortBy that it was made for.
type Cursor struct {
	Number      int64  `json:"n,omitempty"`
	Text        string `json:"t,omitempty"`
	Source      int64  `json:"s"`
	Destination int64  `json:"d"`
}

// Listed is an association in a list.
type Listed struct {
	Source, Destination Vertex
	Type, CreatedBy     string
	CreatedAt           time.Time
}

// Cursor is the place of l in a list sorted by s.
func (l *Listed) Cursor(s SortBy) Cursor {
	c := Cursor{Source: l.Source.ID, Destination: l.Destination.ID}
	switch s {
	case ByCreated:
		c.Number = store.Micros(l.CreatedAt)
	case BySourceARN:
		c.Text = l.Source.ARN
	case ByDestinationARN:
		c.Text = l.Destination.ARN
	case BySourceType:
		c.Text = l.Source.Type
	case ByDestinationType:
		c.Text = l.Destination.Type
	}
	return c
}

// Associations are the associations of scope that l selects, in its order.
func Associations(tx *store.Tx, scope aws.Scope, l List) ([]*Listed, error) {
	group, err := groupID(tx, scope)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("lineage: list: %w", err)
	}
	query, args := l.statement(group)
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("lineage: list: %w", err)
	}
	defer rows.Close()
	var list []*Listed
	for rows.Next() {
		var x Listed
		var created int64
		err := rows.Scan(&x.Type, &created, &x.CreatedBy, &x.Source.ID, &x.Source.Kind, &x.Source.Type, &x.Source.Name, &x.Source.ARN,
			&x.Destination.ID, &x.Destination.Kind, &x.Destination.Type, &x.Destination.Name, &x.Destination.ARN)
		if err != nil {
			return nil, fmt.Errorf("lineage: list: %w", err)
		}
		x.CreatedAt = store.FromMicros(created)
		list = append(list, &x)
	}
	return list, rows.Err()
}

// statement is the SQL of the list.
func (l *List) statement(group int64) (string, []any) {
	args := []any{group}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	const columns = "SELECT a.type, a.created_at, a.created_by, s.id, s.kind, s.type, s.name, s.arn, d.id, d.kind, d.type, d.name, d.arn FROM "
	const joins = " JOIN lineage_vertex s ON s.id = a.source JOIN lineage_vertex d ON d.id = a.destination"
	var w strings.Builder
	w.WriteString(" WHERE a.grp = $1")
	if l.Source != nil {
		w.WriteString(" AND a.source = " + arg(l.Source.ID))
	}
	if l.Destination != nil {
		w.WriteString(" AND a.destination = " + arg(l.Destination.ID))
	}
	if l.Type != "" {
		w.WriteString(" AND a.type = " + arg(l.Type))
	}
	ofType := func(v, want string) {
		if want == "" {
			return
		}
		any := arg(want)
		w.WriteString(" AND (" + v + ".type = " + any + " OR " + v + ".kind = " + any)
		if job, ok := strings.CutPrefix(want, jobPrefix); ok {
			w.WriteString(" OR " + v + ".kind = 'TrialComponent' AND " + v + ".type = " + arg(job))
		}
		w.WriteString(")")
	}
	ofType("s", l.SourceType)
	ofType("d", l.DestinationType)
	if !l.CreatedAfter.IsZero() {
		w.WriteString(" AND a.created_at >= " + arg(store.Micros(l.CreatedAfter)))
	}
	if !l.CreatedBefore.IsZero() {
		w.WriteString(" AND a.created_at <= " + arg(store.Micros(l.CreatedBefore)))
	}
	direction, than := "", " > "
	if l.Descending {
		direction, than = " DESC", " < "
	}
	if c := l.After; c != nil {
		var at any = c.Text
		if l.SortBy == ByCreated {
			at = c.Number
		}
		w.WriteString(" AND (" + l.SortBy.column() + ", a.source, a.destination)" + than + "(" + arg(at) + ", " + arg(c.Source) + ", " + arg(c.Destination) + ")")
	}
	order := " ORDER BY " + l.SortBy.column() + direction + ", a.source" + direction + ", a.destination" + direction
	page := order + " LIMIT " + arg(l.Limit)
	if l.SortBy != ByCreated || l.SourceType != "" || l.DestinationType != "" {
		return columns + "lineage_association a" + joins + w.String() + page, args
	}
	// The page is chosen from the associations alone, so that of a vertex with very
	// many only the ends that are shown are looked up.
	return "WITH a AS MATERIALIZED (SELECT a.* FROM lineage_association a" + w.String() + page + ") " + columns + "a" + joins + order, args
}

// jobPrefix is before the kind of a job where lists of associations name the
// type of its trial component.
const jobPrefix = "SageMaker"

// ListedType is the type of v as lists of associations name it.
func (v *Vertex) ListedType() string {
	if v.Kind == TrialComponent {
		switch v.Type {
		case TypeTrainingJob, TypeProcessingJob, TypeTransformJob:
			return jobPrefix + v.Type
		}
	}
	return v.Type
}
