package lineage

import "slices"

// path are the entities from the start to id, of which those that were answered
// already are left out; id is the last.
func (w *walker) path(id int64, depth int) ([]int64, error) {
	chain := []int64{id}
	for at := id; depth > 0; {
		parent, known := w.parents[at]
		if !known {
			var err error
			if parent, err = w.parent(at, depth-1); err != nil {
				return nil, err
			}
			w.parents[at] = parent
		}
		at, depth = parent, depth-1
		if !w.page.Known[at] {
			chain = append(chain, at)
		}
	}
	slices.Reverse(chain)
	return chain, nil
}

// parent is the lowest neighbour of id, in the direction that the walk came
// from, whose depth is the given one.
func (w *walker) parent(id int64, depth int) (int64, error) {
	best := int64(0)
	for _, up := range []bool{true, false} {
		if up && !w.query.Down || !up && !w.query.Up {
			continue
		}
		for after, limit := int64(0), firstBatch; ; limit = min(2*limit, lastBatch) {
			lists, err := w.graph.Next([]int64{id}, up, after, limit)
			if err != nil {
				return 0, err
			}
			found := slices.IndexFunc(lists[0], func(n int64) bool { d, visited := w.depth[n]; return visited && d == depth })
			if found >= 0 && (best == 0 || lists[0][found] < best) {
				best = lists[0][found]
			}
			if found >= 0 || len(lists[0]) < limit || best != 0 && lists[0][len(lists[0])-1] > best {
				break
			}
			after = lists[0][len(lists[0])-1]
		}
	}
	return best, nil
}
