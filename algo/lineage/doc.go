// Package lineage walks a graph of associations breadth first, a page at a time.
//
// The walk starts at one entity and goes against the direction of associations
// (up, to what led to it), along it (down), or both ways at every entity that it
// visits, so that siblings are found. An entity's depth is the least number of
// associations that lead to it; the walk goes on to a largest depth. A filter
// says which entities are wanted, not which are walked through (QL-2 to QL-4).
//
// The answer is in order of depth and then of number, so that a page can be gone
// on from by the place where it ended, whatever others write meanwhile: an
// entity whose depth does not change is answered once. The walk is lazy: it ends
// where the page is full, and of an entity with very many neighbours it reads no
// more than it needs.
//
// A walk with paths also answers the entities on one shortest path to each
// entity that is wanted: that over the lowest numbers.
package lineage

// Graph is what is walked. Entities are numbers above 0.
type Graph interface {
	// Neighbours are all entities next to those of ids, in no order and perhaps
	// more than once: that lead to ids (up), that ids lead to (down).
	Neighbours(ids []int64, up, down bool) ([]int64, error)
	// Next are, for each of ids, its first neighbours in one direction whose
	// numbers are above after: ascending, at most limit, each once.
	Next(ids []int64, up bool, after int64, limit int) ([][]int64, error)
	// Matching are those of ids that are wanted: ascending, at most limit.
	Matching(ids []int64, limit int) ([]int64, error)
}

// Query says what to walk.
type Query struct {
	Start    int64
	Up, Down bool
	// MaxDepth is how many associations away from the start the walk goes.
	MaxDepth int
	// All says that Matching wants every entity, but for few that are not to be
	// seen at all.
	All bool
	// Paths asks for the entities on the way as well, the start among them.
	Paths bool
	// Limit is how many entities are in a page.
	Limit int
	// After is where the page before ended, nil for the first.
	After *Place
}

// Place is where a page ends: at the entity that was found at that depth. Done
// counts the entities of its path, itself among them, that earlier pages hold.
type Place struct {
	Depth int   `json:"d"`
	ID    int64 `json:"i"`
	Done  int   `json:"n"`
}

// compare says whether an entity of that depth and number comes before p, -1, at
// it, 0, or behind it, 1.
func (p *Place) compare(depth int, id int64) int {
	switch {
	case p == nil || depth > p.Depth || depth == p.Depth && id > p.ID:
		return 1
	case depth == p.Depth && id == p.ID:
		return 0
	}
	return -1
}

// Page is an answer.
type Page struct {
	// Entities are the page's, in order.
	Entities []int64
	// Known holds them and those of all earlier pages; nil without paths.
	Known map[int64]bool
	// Next is where to go on from, nil when there is nothing more.
	Next *Place
}
