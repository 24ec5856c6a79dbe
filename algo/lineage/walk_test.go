package lineage_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/algo/lineage"
)

// memory is a graph in memory, which counts what is read of it.
type memory struct {
	up, down map[int64][]int64 // ascending
	wanted   func(id int64) bool
	read     int
}

func newMemory(edges [][2]int64) *memory {
	m := &memory{up: map[int64][]int64{}, down: map[int64][]int64{}, wanted: func(int64) bool { return true }}
	for _, e := range edges {
		m.down[e[0]] = append(m.down[e[0]], e[1])
		m.up[e[1]] = append(m.up[e[1]], e[0])
	}
	for _, side := range []map[int64][]int64{m.up, m.down} {
		for id := range side {
			slices.Sort(side[id])
			side[id] = slices.Compact(side[id])
		}
	}
	return m
}

func (m *memory) Neighbours(ids []int64, up, down bool) (list []int64, err error) {
	for _, id := range ids {
		if up {
			list = append(list, m.up[id]...)
		}
		if down {
			list = append(list, m.down[id]...)
		}
	}
	m.read += len(list)
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

func (m *memory) Next(ids []int64, up bool, after int64, limit int) ([][]int64, error) {
	side := m.down
	if up {
		side = m.up
	}
	lists := make([][]int64, len(ids))
	for i, id := range ids {
		from, found := slices.BinarySearch(side[id], after)
		if found {
			from++
		}
		lists[i] = slices.Clone(side[id][from:min(from+limit, len(side[id]))])
		m.read += len(lists[i])
	}
	return lists, nil
}

func (m *memory) Matching(ids []int64, limit int) (list []int64, err error) {
	for _, id := range ids {
		if m.wanted(id) && len(list) < limit {
			list = append(list, id)
		}
	}
	return list, nil
}

// depths is the plainest breadth-first search there is.
func (m *memory) depths(q lineage.Query) map[int64]int {
	depth := map[int64]int{q.Start: 0}
	for queue := []int64{q.Start}; len(queue) > 0; queue = queue[1:] {
		id := queue[0]
		if depth[id] == q.MaxDepth {
			continue
		}
		next, _ := m.Neighbours([]int64{id}, q.Up, q.Down)
		for _, n := range next {
			if _, seen := depth[n]; !seen {
				depth[n] = depth[id] + 1
				queue = append(queue, n)
			}
		}
	}
	return depth
}

// pages walks to the end.
func pages(t *testing.T, m *memory, q lineage.Query) (all []int64) {
	t.Helper()
	for n := 0; ; n++ {
		p, err := lineage.Walk(m, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Entities) > q.Limit || p.Next != nil && len(p.Entities) < q.Limit {
			t.Fatalf("a page of %d, the limit is %d, next %v", len(p.Entities), q.Limit, p.Next)
		}
		all = append(all, p.Entities...)
		if q.Paths && len(p.Known) != len(all) {
			t.Fatalf("after page %d, %v, known are %v", n, all, p.Known)
		}
		for _, id := range all {
			if q.Paths && !p.Known[id] {
				t.Fatalf("%d was answered and is not known", id)
			}
		}
		if p.Next == nil {
			return all
		}
		q.After = p.Next
	}
}

// QL-2 to QL-5, QL-7: on random graphs with cycles, all pages together hold what
// the plainest search finds and the filter wants, once each, in order of depth;
// with paths also what is on a shortest path to them, and nothing else.
func TestWalkAgainstPlainSearch(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 2 + r.IntN(40)
		edges := make([][2]int64, r.IntN(3*n))
		for i := range edges {
			edges[i] = [2]int64{1 + r.Int64N(int64(n)), 1 + r.Int64N(int64(n))} // self edges as well
		}
		m := newMemory(edges)
		want, divisor := r.IntN(3), int64(1+r.IntN(6))
		if want > 0 {
			m.wanted = func(id int64) bool { return id%divisor == 0 }
		}
		q := lineage.Query{
			Start: 1 + r.Int64N(int64(n)), Up: r.IntN(2) == 0, MaxDepth: r.IntN(6), Limit: 1 + r.IntN(9),
			All: want == 0, Paths: r.IntN(2) == 0,
		}
		q.Down = !q.Up || r.IntN(2) == 0
		depth := m.depths(q)
		got := pages(t, m, q)
		position := map[int64]int{}
		for i, id := range got {
			if _, twice := position[id]; twice {
				t.Fatalf("seed %d: %d twice in %v", seed, id, got)
			}
			position[id] = i
		}
		needed := map[int64]bool{} // on a path, proven by being the parent of what is needed
		for id, d := range depth {
			if m.wanted(id) && id != q.Start {
				if _, ok := position[id]; !ok {
					t.Fatalf("seed %d %+v: %d at depth %d is missing in %v", seed, q, id, d, got)
				}
				needed[id] = true
			}
		}
		if !q.Paths {
			byDepth := slices.Clone(got)
			slices.SortFunc(byDepth, func(a, b int64) int {
				if depth[a] != depth[b] {
					return depth[a] - depth[b]
				}
				return int(a - b)
			})
			if !slices.Equal(got, byDepth) || len(got) != len(needed) {
				t.Fatalf("seed %d %+v: %v, want %v", seed, q, got, byDepth)
			}
			continue
		}
		for d := q.MaxDepth; d > 0; d-- {
			for id := range needed {
				if depth[id] != d {
					continue
				}
				parents, _ := m.Neighbours([]int64{id}, q.Down, q.Up)
				parents = slices.DeleteFunc(parents, func(p int64) bool { at, ok := depth[p]; return !ok || at != d-1 })
				parent := slices.Min(parents)
				if at, ok := position[parent]; !ok || at > position[id] {
					t.Fatalf("seed %d %+v: %d is not on the way to %d in %v", seed, q, parent, id, got)
				}
				needed[parent] = true
			}
		}
		if q.All {
			needed[q.Start] = true
		}
		if len(needed) != len(got) {
			t.Fatalf("seed %d %+v: %v, needed are only %v", seed, q, got, needed)
		}
	}
}

// hub is an entity in the middle of very many, behind the start.
func hub(n int64) *memory {
	edges := [][2]int64{{1, 2}}
	for i := range n {
		edges = append(edges, [2]int64{2, 3 + i})
	}
	return newMemory(append(edges, [2]int64{3 + n - 1, 3 + n}))
}

// A page costs what it holds, however many neighbours an entity has; later pages
// are complete all the same, and a filter finds what is behind.
func TestHub(t *testing.T) {
	t.Parallel()
	const n = 30_000
	m := hub(n)
	q := lineage.Query{Start: 1, Up: true, Down: true, MaxDepth: 10, All: true, Paths: true, Limit: 50}
	p, err := lineage.Walk(m, q)
	if err != nil || len(p.Entities) != 50 || p.Next == nil {
		t.Fatalf("%d, %v", len(p.Entities), err)
	}
	if m.read > 1000 {
		t.Errorf("a page of 50 reads %d neighbours", m.read)
	}
	q.Limit = 5000
	if got := pages(t, m, q); len(got) != n+3 || !slices.IsSorted(got) {
		t.Errorf("%d entities", len(got))
	}
	m.wanted = func(id int64) bool { return id == n+3 }
	q.All = false
	if got := pages(t, m, q); !slices.Equal(got, []int64{1, 2, n + 2, n + 3}) {
		t.Errorf("behind the hub: %v", got)
	}
}

// QL-7: while others add entities, what was there already is answered once.
func TestPagesWhileOthersWrite(t *testing.T) {
	t.Parallel()
	var edges [][2]int64
	for i := int64(2); i <= 200; i++ {
		edges = append(edges, [2]int64{i / 2, i})
	}
	q := lineage.Query{Start: 1, Down: true, MaxDepth: 10, All: true, Limit: 7}
	count := map[int64]int{}
	for fresh := int64(1000); ; fresh++ {
		p, err := lineage.Walk(newMemory(edges), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range p.Entities {
			count[id]++
		}
		if p.Next == nil {
			break
		}
		q.After = p.Next
		edges = append(edges, [2]int64{fresh % 200, fresh}, [2]int64{fresh, fresh - 1})
	}
	for id := int64(2); id <= 200; id++ {
		if count[id] != 1 {
			t.Errorf("%d was answered %d times", id, count[id])
		}
	}
}
