package lineage

import (
	"fmt"
	"slices"

	"github.com/sagebrush/sagebrush/store"
)

// Graph is the graph as one transaction sees it, for walks. Whose vertices they
// are was settled when the first was found: no association leaves a group.
type Graph struct{ tx *store.Tx }

// Read is the graph inside tx.
func Read(tx *store.Tx) Graph { return Graph{tx} }

// ends are the columns to look a vertex up by and to read, for the sources of
// associations (up) and for their destinations (down).
func ends(up, down bool) [][2]string {
	var list [][2]string
	if up {
		list = append(list, [2]string{"destination", "source"})
	}
	if down {
		list = append(list, [2]string{"source", "destination"})
	}
	return list
}

// Neighbours are all vertices that ids are associated with, in no order and
// perhaps more than once: those that lead to ids (up), those that ids lead to
// (down).
func (g Graph) Neighbours(ids []int64, up, down bool) ([]int64, error) {
	var found []int64
	for _, end := range ends(up, down) {
		var text string
		err := g.tx.QueryRow("SELECT "+joined(g.tx, end[1])+" FROM lineage_association WHERE "+end[0]+" IN "+member(g.tx, 1),
			argument(g.tx, ids)).Scan(&text)
		if err == nil {
			found, err = split(found, text)
		}
		if err != nil {
			return nil, fmt.Errorf("lineage: neighbours: %w", err)
		}
	}
	return found, nil
}

// Next are, for each of ids, its first neighbours in one direction whose numbers
// are above after: ascending, at most limit. It costs the same however many
// there are.
func (g Graph) Next(ids []int64, up bool, after int64, limit int) ([][]int64, error) {
	end := ends(up, !up)[0]
	set := "json_each($1) AS s"
	if g.tx.Dialect() == "postgres" {
		set = "unnest($1::text::bigint[]) AS s (value)"
	}
	rows, err := g.tx.Query("SELECT s.value, (SELECT "+joined(g.tx, "n")+" FROM (SELECT "+end[1]+" AS n FROM lineage_association WHERE "+
		end[0]+" = s.value AND "+end[1]+" > $2 ORDER BY "+end[1]+" LIMIT $3) AS few) FROM "+set, argument(g.tx, ids), after, limit)
	if err != nil {
		return nil, fmt.Errorf("lineage: neighbours: %w", err)
	}
	defer rows.Close()
	found := make(map[int64][]int64, len(ids))
	for rows.Next() {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		if err == nil {
			found[id], err = split(nil, text)
		}
		if err != nil {
			return nil, fmt.Errorf("lineage: neighbours: %w", err)
		}
	}
	lists := make([][]int64, len(ids))
	for i, id := range ids {
		lists[i] = found[id]
		slices.Sort(lists[i]) // the databases promise no order of what they join
	}
	return lists, rows.Err()
}

// Edge is an association between two vertices.
type Edge struct {
	Source, Destination int64
	// Type is "" for none.
	Type string
}
