package lineage

import (
	"fmt"
	"strconv"
	"strings"
)

// few is how many associations of a vertex Edges looks through before it rather
// looks for those that it wants.
const few = 500

// Edges are the associations between a vertex of ids and one of among, which
// holds ids too, each of them once.
func (g Graph) Edges(ids []int64, among map[int64]bool) ([]Edge, error) {
	pairs, err := g.pairs(ids, among)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	sources, destinations := make([]int64, len(pairs)), make([]int64, len(pairs))
	for i, p := range pairs {
		sources[i], destinations[i] = p[0], p[1]
	}
	// One text again: source, destination and type, which has no spaces.
	columns := "a.source || ' ' || a.destination || ' ' || a.type"
	var text string
	if g.tx.Dialect() == "postgres" {
		err = g.tx.QueryRow("SELECT coalesce(string_agg("+columns+", ','), '') FROM unnest($1::text::bigint[], $2::text::bigint[]) AS p (s, d)"+
			" JOIN lineage_association a ON a.source = p.s AND a.destination = p.d", argument(g.tx, sources), argument(g.tx, destinations)).Scan(&text)
	} else {
		err = g.tx.QueryRow("SELECT coalesce(group_concat("+columns+"), '') FROM json_each($1) p CROSS JOIN lineage_association a"+
			" WHERE a.source = json_extract(p.value, '$[0]') AND a.destination = json_extract(p.value, '$[1]')", pairsArgument(pairs)).Scan(&text)
	}
	if err != nil {
		return nil, fmt.Errorf("lineage: associations: %w", err)
	}
	list := make([]Edge, 0, len(pairs))
	for line := range strings.SplitSeq(text, ",") {
		var e Edge
		source, rest, _ := strings.Cut(line, " ")
		destination, typ, _ := strings.Cut(rest, " ")
		if e.Source, err = strconv.ParseInt(source, 10, 64); err == nil {
			e.Destination, err = strconv.ParseInt(destination, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("lineage: %q is no association: %w", line, err)
		}
		e.Type = typ
		list = append(list, e)
	}
	return list, nil
}

// pairs are the ends of those associations, source first.
func (g Graph) pairs(ids []int64, among map[int64]bool) ([][2]int64, error) {
	seen := map[[2]int64]bool{}
	var list [][2]int64
	var wanted []int64
	for _, up := range []bool{true, false} {
		neighbours, err := g.Next(ids, up, 0, few)
		if err != nil {
			return nil, err
		}
		for i, id := range ids {
			next := neighbours[i]
			if len(next) == few { // it may have very many
				if wanted == nil {
					for other := range among {
						wanted = append(wanted, other)
					}
				}
				if next, err = g.among(id, up, wanted); err != nil {
					return nil, err
				}
			}
			for _, other := range next {
				pair := [2]int64{id, other}
				if up {
					pair = [2]int64{other, id}
				}
				if among[other] && !seen[pair] {
					seen[pair] = true
					list = append(list, pair)
				}
			}
		}
	}
	return list, nil
}

// among are the neighbours of a vertex in one direction that are in a set.
func (g Graph) among(id int64, up bool, set []int64) ([]int64, error) {
	end := ends(up, !up)[0]
	var text string
	err := g.tx.QueryRow("SELECT "+joined(g.tx, end[1])+" FROM lineage_association WHERE "+end[0]+" = $1 AND "+end[1]+" IN "+member(g.tx, 2),
		id, argument(g.tx, set)).Scan(&text)
	if err != nil {
		return nil, fmt.Errorf("lineage: associations: %w", err)
	}
	return split(nil, text)
}

// pairsArgument is pairs as JSON.
func pairsArgument(pairs [][2]int64) string {
	b := make([]byte, 0, 2+20*len(pairs))
	b = append(b, '[')
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(strconv.AppendInt(append(b, '['), p[0], 10), ','), p[1], 10), ']')
	}
	return string(append(b, ']'))
}
