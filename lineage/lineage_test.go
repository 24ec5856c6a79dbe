package lineage_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var (
	home = aws.Scope{Account: "123456789012", Region: "us-east-1"}
	away = aws.Scope{Account: "210987654321", Region: "us-east-1"}
)

// vertex is an artifact of that name, not put yet.
func vertex(scope aws.Scope, name string) *lineage.Vertex {
	return &lineage.Vertex{Scope: scope, ARN: aws.SageMakerARN(scope, "artifact", name), Kind: lineage.Artifact, Type: "DataSet", Name: name}
}

// Put adds and changes; Find sees its own scope only; Drop refuses what has
// associations (Co-7); the group is there from the first entity on (QL-10).
func TestVertices(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		update(t, db, func(tx *store.Tx) error {
			if _, err := lineage.Group(tx, home); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a group before any entity: %v", err)
			}
			a, b := vertex(home, "a"), vertex(home, "b")
			must(t, lineage.Put(tx, a), lineage.Put(tx, b))
			again := vertex(home, "a")
			again.Type, again.Properties = "Model", map[string]string{"k": "v'\"\\"}
			must(t, lineage.Put(tx, again))
			if again.ID != a.ID || a.ID == b.ID {
				t.Errorf("numbers %d, %d, %d", a.ID, again.ID, b.ID)
			}
			got, err := lineage.Find(tx, home, a.ARN)
			must(t, err)
			if got.Type != "Model" || got.Properties["k"] != "v'\"\\" || !got.CreatedAt.Equal(tx.Now) {
				t.Errorf("found %+v", got)
			}
			if _, err := lineage.Find(tx, away, a.ARN); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another account finds it: %v", err)
			}
			must(t, lineage.Associate(tx, lineage.Association{Source: a, Destination: b, Type: lineage.Produced}))
			err = lineage.Associate(tx, lineage.Association{Source: a, Destination: b})
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("a second association: %v", err)
			}
			must(t, lineage.Ensure(tx, lineage.Association{Source: a, Destination: b}))
			for _, v := range []*lineage.Vertex{a, b} {
				if err := lineage.Drop(tx, home, v.ARN); !errors.Is(err, lineage.ErrAssociated) {
					t.Errorf("dropped with an association: %v", err)
				}
			}
			must(t, lineage.Dissociate(tx, a, b))
			if err := lineage.Dissociate(tx, a, b); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("dissociated twice: %v", err)
			}
			must(t, lineage.Associate(tx, lineage.Association{Source: b, Destination: a}), lineage.Detach(tx, a), lineage.Drop(tx, home, a.ARN))
			if err := lineage.Drop(tx, home, a.ARN); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("dropped twice: %v", err)
			}
			created, err := lineage.Group(tx, home)
			must(t, err)
			if !created.Equal(tx.Now) {
				t.Errorf("group of %v", created)
			}
			return nil
		})
	})
}

// Many transactions at once put the same entity of a new account: there is one
// group, one vertex and one association (QL-8, QL-10).
func TestTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		ids := make([]int64, 12)
		for i := range ids {
			wg.Go(func() {
				update(t, db, func(tx *store.Tx) error {
					shared, own := vertex(home, "shared"), vertex(home, fmt.Sprint("own", i))
					for _, v := range []*lineage.Vertex{shared, own} {
						if err := lineage.Put(tx, v); err != nil {
							return err
						}
					}
					ids[i] = shared.ID
					return lineage.Ensure(tx, lineage.Association{Source: shared, Destination: own})
				})
			})
		}
		wg.Wait()
		if slices.Sort(ids); ids[0] != ids[len(ids)-1] {
			t.Errorf("several vertices: %v", ids)
		}
		view(t, db, func(tx *store.Tx) error {
			next, err := lineage.Read(tx).Neighbours(ids[:1], false, true)
			must(t, err)
			if len(next) != len(ids) {
				t.Errorf("%d associations", len(next))
			}
			return nil
		})
	})
}

// QL-2, QL-4: neighbours in each direction, with a cursor, edges of few and of
// very many, filters.
func TestGraph(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const leaves = 1200 // more than Edges reads at once
		hub, up := vertex(home, "hub"), vertex(home, "up")
		all := make([]*lineage.Vertex, leaves)
		update(t, db, func(tx *store.Tx) error {
			up.Kind, up.Properties = lineage.Context, map[string]string{"team": "x"}
			must(t, lineage.Put(tx, up), lineage.Put(tx, hub), lineage.Associate(tx, lineage.Association{Source: up, Destination: hub, Type: lineage.SameAs}))
			for i := range all {
				all[i] = vertex(home, fmt.Sprint("leaf", i))
				if i%2 == 0 {
					all[i].Type = "Model"
				}
				must(t, lineage.Put(tx, all[i]), lineage.Associate(tx, lineage.Association{Source: hub, Destination: all[i]}))
			}
			return lineage.Put(tx, &lineage.Vertex{Scope: home, ARN: aws.SageMakerARN(home, "experiment", "e"), Kind: lineage.Experiment})
		})
		view(t, db, func(tx *store.Tx) error {
			g := lineage.Read(tx)
			for _, c := range []struct {
				up, down bool
				want     int
			}{{true, false, 1}, {false, true, leaves}, {true, true, leaves + 1}} {
				got, err := g.Neighbours([]int64{hub.ID}, c.up, c.down)
				must(t, err)
				if len(got) != c.want {
					t.Errorf("%+v: %d neighbours", c, len(got))
				}
			}
			next, err := g.Next([]int64{up.ID, hub.ID}, false, all[9].ID, 3)
			must(t, err)
			if len(next[0]) != 0 || !slices.Equal(next[1], []int64{all[10].ID, all[11].ID, all[12].ID}) {
				t.Errorf("behind leaf 9: %v", next)
			}
			back, err := g.Next([]int64{all[7].ID, hub.ID}, true, 0, 3)
			must(t, err)
			if !slices.Equal(back[0], []int64{hub.ID}) || !slices.Equal(back[1], []int64{up.ID}) {
				t.Errorf("what led to leaf 7 and the hub: %v", back)
			}
			edges, err := g.Edges([]int64{hub.ID}, map[int64]bool{hub.ID: true, up.ID: true, all[700].ID: true})
			must(t, err)
			if len(edges) != 2 {
				t.Errorf("edges of the hub: %v", edges)
			}
			edges, err = g.Edges([]int64{up.ID}, map[int64]bool{hub.ID: true, up.ID: true})
			must(t, err)
			if len(edges) != 1 || edges[0] != (lineage.Edge{Source: up.ID, Destination: hub.ID, Type: lineage.SameAs}) {
				t.Errorf("edges: %v", edges)
			}
			ids := []int64{up.ID, hub.ID, all[0].ID, all[1].ID, all[2].ID}
			past, future := tx.Now.Add(-time.Hour), tx.Now.Add(time.Hour)
			for name, c := range map[string]struct {
				f    lineage.Filter
				want []int64
			}{
				"none":       {lineage.Filter{}, ids},
				"type":       {lineage.Filter{Types: []string{"Model", "x' OR 1=1 --"}}, []int64{all[0].ID, all[2].ID}},
				"kind":       {lineage.Filter{Kinds: []lineage.Kind{lineage.Context}}, []int64{up.ID}},
				"both":       {lineage.Filter{Kinds: []lineage.Kind{lineage.Context}, Types: []string{"Model"}}, nil},
				"between":    {lineage.Filter{CreatedAfter: past, CreatedBefore: future, ModifiedAfter: past, ModifiedBefore: future}, ids},
				"later":      {lineage.Filter{CreatedAfter: future}, nil},
				"earlier":    {lineage.Filter{ModifiedBefore: past}, nil},
				"properties": {lineage.Filter{Properties: map[string]string{"team": "x", "other": "y"}}, []int64{up.ID}},
				"value":      {lineage.Filter{Properties: map[string]string{"team": "y"}}, nil},
			} {
				got, err := g.Matching(&c.f, ids, 100)
				must(t, err)
				if !slices.Equal(got, c.want) {
					t.Errorf("%s: %v, want %v", name, got, c.want)
				}
			}
			first, err := g.Scan(home, &lineage.Filter{}, 0, 2)
			must(t, err)
			if !slices.Equal(first, ids[:2]) {
				t.Errorf("scan: %v", first)
			}
			if other, err := g.Scan(away, &lineage.Filter{}, 0, 2); err != nil || len(other) != 0 {
				t.Errorf("another account scans %v, %v", other, err)
			}
			every, err := g.Scan(home, &lineage.Filter{}, 0, 10*leaves)
			must(t, err)
			if len(every) != leaves+2 {
				t.Errorf("%d vertices, want all but the experiment", len(every))
			}
			found, err := g.Vertices(home, []int64{hub.ID, 1 << 40})
			must(t, err)
			if len(found) != 1 || found[hub.ID].ARN != hub.ARN {
				t.Errorf("vertices: %v", found)
			}
			return nil
		})
	})
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func update(t *testing.T, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Error(err)
	}
}

func view(t *testing.T, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	must(t, db.View(t.Context(), fn))
}
