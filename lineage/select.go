package lineage

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Filter says which vertices a query wants: those that pass every condition that
// is set (QL-4). Experiments are never wanted, because QueryLineage has no type
// for them.
type Filter struct {
	// Types and Kinds hold the values of which a vertex has to have one.
	Types []string
	Kinds []Kind
	// The time bounds are inclusive.
	CreatedAfter, CreatedBefore, ModifiedAfter, ModifiedBefore time.Time
	// Properties are pairs of which a vertex has to have one.
	Properties map[string]string
}

// Any says that the filter wants every vertex.
func (f *Filter) Any() bool {
	return len(f.Types) == 0 && len(f.Kinds) == 0 && len(f.Properties) == 0 &&
		f.CreatedAfter.IsZero() && f.CreatedBefore.IsZero() && f.ModifiedAfter.IsZero() && f.ModifiedBefore.IsZero()
}

// where is the SQL of the filter on lineage_vertex v; args begins with the
// arguments that are there already. Properties are left to matches.
func (f *Filter) where(args []any) (string, []any) {
	var w strings.Builder
	w.WriteString("v.kind <> 'Experiment'")
	add := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	oneOf := func(column string, values []string) {
		if len(values) == 0 {
			return
		}
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = add(v)
		}
		w.WriteString(" AND " + column + " IN (" + strings.Join(list, ", ") + ")")
	}
	oneOf("v.type", f.Types)
	kinds := make([]string, len(f.Kinds))
	for i, k := range f.Kinds {
		kinds[i] = string(k)
	}
	oneOf("v.kind", kinds)
	for _, bound := range []struct {
		condition string
		t         time.Time
	}{
		{"v.created_at >= ", f.CreatedAfter}, {"v.created_at <= ", f.CreatedBefore},
		{"v.modified_at >= ", f.ModifiedAfter}, {"v.modified_at <= ", f.ModifiedBefore},
	} {
		if !bound.t.IsZero() {
			w.WriteString(" AND " + bound.condition + add(store.Micros(bound.t)))
		}
	}
	return w.String(), args
}

// matches says whether the stored properties have one of the wanted pairs.
func (f *Filter) matches(properties string) (bool, error) {
	if properties == "" {
		return false, nil
	}
	var has map[string]string
	if err := json.Unmarshal([]byte(properties), &has); err != nil {
		return false, err
	}
	for key, value := range f.Properties {
		if got, ok := has[key]; ok && got == value {
			return true, nil
		}
	}
	return false, nil
}

// Matching are the first limit of ids that pass the filter, in ascending order.
func (g Graph) Matching(f *Filter, ids []int64, limit int) ([]int64, error) {
	condition, args := f.where([]any{argument(g.tx, ids)})
	return g.matching(f, "v.id IN "+member(g.tx, 1)+" AND "+condition, args, limit)
}

// Scan are the first limit vertices of a scope behind the vertex after that pass
// the filter, in the order of their creation.
func (g Graph) Scan(scope aws.Scope, f *Filter, after int64, limit int) ([]int64, error) {
	group, err := groupID(g.tx, scope)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lineage: scan: %w", err)
	}
	condition, args := f.where([]any{group, after})
	return g.matching(f, "v.grp = $1 AND v.id > $2 AND "+condition, args, limit)
}

// matching are the first limit vertices of a condition whose properties pass.
func (g Graph) matching(f *Filter, condition string, args []any, limit int) ([]int64, error) {
	query := "SELECT v.id, v.properties FROM lineage_vertex v WHERE " + condition + " ORDER BY v.id"
	if len(f.Properties) == 0 {
		query = "SELECT " + joined(g.tx, "id") + " FROM (SELECT v.id FROM lineage_vertex v WHERE " + condition +
			" ORDER BY v.id LIMIT " + strconv.Itoa(limit) + ") AS few"
		var text string
		if err := g.tx.QueryRow(query, args...).Scan(&text); err != nil {
			return nil, fmt.Errorf("lineage: matching: %w", err)
		}
		list, err := split(nil, text)
		slices.Sort(list) // the databases promise no order of what they join
		return list, err
	}
	rows, err := g.tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("lineage: matching: %w", err)
	}
	defer rows.Close()
	var list []int64
	for len(list) < limit && rows.Next() {
		var id int64
		var properties string
		if err := rows.Scan(&id, &properties); err != nil {
			return nil, fmt.Errorf("lineage: matching: %w", err)
		}
		ok, err := f.matches(properties)
		if err != nil {
			return nil, fmt.Errorf("lineage: properties of %d: %w", id, err)
		}
		if ok {
			list = append(list, id)
		}
	}
	return list, rows.Err()
}

// Vertices are the vertices of those numbers, by number; those that are gone are
// left out. They are all of scope.
func (g Graph) Vertices(scope aws.Scope, ids []int64) (map[int64]*Vertex, error) {
	rows, err := g.tx.Query("SELECT "+vertexColumns+" FROM lineage_vertex v WHERE v.id IN "+member(g.tx, 1), argument(g.tx, ids))
	if err != nil {
		return nil, fmt.Errorf("lineage: vertices: %w", err)
	}
	defer rows.Close()
	found := make(map[int64]*Vertex, len(ids))
	for rows.Next() {
		v, err := scanVertex(scope, rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("lineage: vertices: %w", err)
		}
		found[v.ID] = v
	}
	return found, rows.Err()
}
