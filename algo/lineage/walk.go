package lineage

import (
	"errors"
	"slices"
	"sort"
)

// Walk answers a page.
func Walk(g Graph, q Query) (*Page, error) {
	w := &walker{graph: g, query: q, depth: map[int64]int{q.Start: 0}, parents: map[int64]int64{}}
	if q.Paths {
		w.page.Known = map[int64]bool{}
	}
	err := w.walk()
	if errors.Is(err, errFull) {
		err = nil
	}
	return &w.page, err
}

// errFull ends a walk whose page is full while there is more.
var errFull = errors.New("lineage: the page is full")

// walker is a walk under way.
type walker struct {
	graph Graph
	query Query
	// depth is that of every entity that was visited.
	depth map[int64]int
	// parents are the entities before others on their paths.
	parents map[int64]int64
	page    Page
	last    Place
}

func (w *walker) walk() error {
	frontier := []int64{w.query.Start}
	if w.query.Paths && w.query.All {
		if err := w.consider(frontier, 0); err != nil {
			return err
		}
	}
	for depth := 1; depth <= w.query.MaxDepth && len(frontier) > 0; depth++ {
		level, err := newLevel(w, frontier, depth)
		if err != nil {
			return err
		}
		var visited []int64
		for {
			batch, err := level.next()
			if err != nil {
				return err
			}
			if len(batch) == 0 {
				break
			}
			visited = append(visited, batch...)
			if err := w.consider(batch, depth); err != nil {
				return err
			}
		}
		for _, id := range visited {
			w.depth[id] = depth
		}
		frontier = visited
	}
	return nil
}

// consider adds what is wanted of a batch, ascending entities of one depth.
func (w *walker) consider(batch []int64, depth int) error {
	after, paths := w.query.After, w.query.Paths
	if !paths { // nobody asks what earlier pages held
		skip := sort.Search(len(batch), func(i int) bool { return after.compare(depth, batch[i]) > 0 })
		batch = batch[skip:]
	}
	for len(batch) > 0 {
		// One more than there is room for says that there is another page. What
		// earlier pages held takes no room.
		limit := w.query.Limit - len(w.page.Entities) + 1
		if paths && after.compare(depth, batch[len(batch)-1]) <= 0 {
			limit = len(batch)
		}
		wanted, err := w.graph.Matching(batch, limit)
		if err != nil {
			return err
		}
		for _, id := range wanted {
			if err := w.add(id, depth); err != nil {
				return err
			}
		}
		if len(wanted) < limit {
			return nil
		}
		rest, found := slices.BinarySearch(batch, wanted[len(wanted)-1])
		if found {
			rest++
		}
		batch = batch[rest:]
	}
	return nil
}

// add answers an entity that is wanted, with its path.
func (w *walker) add(id int64, depth int) error {
	chain := []int64{id}
	if w.query.Paths {
		if w.page.Known[id] {
			chain = nil // it was on the path of another
		} else if !w.query.All {
			var err error
			if chain, err = w.path(id, depth); err != nil {
				return err
			}
		}
	}
	done := 0
	switch w.query.After.compare(depth, id) {
	case -1:
		done = len(chain)
	case 0:
		done = min(w.query.After.Done, len(chain))
	}
	for i, entity := range chain {
		if i >= done {
			if len(w.page.Entities) == w.query.Limit {
				w.page.Next = new(w.last)
				return errFull
			}
			w.page.Entities = append(w.page.Entities, entity)
			w.last = Place{Depth: depth, ID: id, Done: i + 1}
		}
		if w.page.Known != nil {
			w.page.Known[entity] = true
		}
	}
	return nil
}
