package store_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// TestListMatchesModel compares lists, counts and paging with a slice that is
// filtered and sorted by hand, for random rows and random queries.
func TestListMatchesModel(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		rnd := rand.New(rand.NewPCG(1, 2))
		clock := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
		db, err := store.Open(t.Context(), url, store.Options{Now: func() time.Time { return clock }})
		must(t, err)
		defer db.Close()
		things := store.NewTable[int]("thing")
		pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
		var model []*store.Row[int]
		for i := range 200 {
			clock = clock.Add(time.Duration(rnd.IntN(3)) * time.Second) // ties are common
			row := &store.Row[int]{Scope: scope, Name: fmt.Sprint(pick("a", "B", "ä", "a-b", "_"), rnd.IntN(1000), "-", i),
				Status: pick("Completed", "Failed", "InProgress"), Parent: pick("", "p1", "p2"), Body: i}
			must(t, db.Update(t.Context(), func(tx *store.Tx) error {
				for _, s := range []aws.Scope{{Account: "000000000000", Region: scope.Region}, {Account: scope.Account, Region: "eu-west-1"}} {
					if err := things.Insert(tx, &store.Row[int]{Scope: s, Name: row.Name, Status: row.Status, Parent: row.Parent}); err != nil {
						return err
					}
				}
				return things.Insert(tx, row)
			}))
			if rnd.IntN(2) == 0 {
				clock = clock.Add(time.Duration(rnd.IntN(60)-10) * time.Second) // clocks go back, too
				row.Status = pick("Completed", "Failed")
				must(t, db.Update(t.Context(), func(tx *store.Tx) error { return things.Update(tx, row) }))
			}
			model = append(model, row)
		}
		group := map[string]string{}
		for i, row := range model {
			if row.Body%3 == 0 {
				group[fmt.Sprint(i)] = row.Name
			}
		}
		must(t, db.Update(t.Context(), func(tx *store.Tx) error { return store.AddTags(tx, scope, "group", group) }))
		for range 120 {
			q := store.Query{SortBy: store.SortBy(rnd.IntN(4)), Descending: rnd.IntN(2) == 0,
				NameContains: pick("", "", "a", "B", "1", "nothing"), Status: pick("", "", "Completed"), Parent: pick("", "", "p1")}
			for _, bound := range []*time.Time{&q.CreatedAfter, &q.CreatedBefore, &q.ModifiedAfter, &q.ModifiedBefore} {
				if rnd.IntN(4) == 0 {
					*bound = model[rnd.IntN(len(model))].CreatedAt
				}
			}
			if rnd.IntN(3) == 0 { // those of a group that the tag table knows
				q.Among = &store.Among{SQL: "SELECT value FROM tag WHERE account = $2 AND region = $3 AND arn = ? AND key <> ?", Args: []any{"group", "none"}}
			}
			want := selectRows(model, q)
			must(t, db.View(t.Context(), func(tx *store.Tx) error {
				n, err := things.Count(tx, scope, q)
				if err != nil || n != len(want) {
					t.Errorf("%+v: counted %d, want %d (%v)", q, n, len(want), err)
				}
				got, err := things.List(tx, scope, q)
				must(t, err)
				equal(t, q, got, want)
				paged := q
				paged.Limit = 1 + rnd.IntN(40)
				var all []*store.Row[int]
				for {
					page, err := things.List(tx, scope, paged)
					must(t, err)
					all = append(all, page...)
					if len(page) < paged.Limit {
						break
					}
					paged.After = throughJSON(t, store.CursorOf(page[len(page)-1], q.SortBy))
				}
				equal(t, q, all, want)
				return nil
			}))
		}
	})
}

// selectRows is what List must answer.
func selectRows(model []*store.Row[int], q store.Query) []*store.Row[int] {
	var rows []*store.Row[int]
	for _, r := range model {
		if strings.Contains(r.Name, q.NameContains) && (q.Status == "" || r.Status == q.Status) && (q.Parent == "" || r.Parent == q.Parent) && (q.Among == nil || r.Body%3 == 0) &&
			(q.CreatedAfter.IsZero() || !r.CreatedAt.Before(q.CreatedAfter)) && (q.CreatedBefore.IsZero() || !r.CreatedAt.After(q.CreatedBefore)) &&
			(q.ModifiedAfter.IsZero() || !r.ModifiedAt.Before(q.ModifiedAfter)) && (q.ModifiedBefore.IsZero() || !r.ModifiedAt.After(q.ModifiedBefore)) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *store.Row[int]) int {
		c := 0
		switch q.SortBy {
		case store.ByCreated:
			c = a.CreatedAt.Compare(b.CreatedAt)
		case store.ByModified:
			c = a.ModifiedAt.Compare(b.ModifiedAt)
		case store.ByStatus:
			c = cmp.Compare(a.Status, b.Status)
		}
		if c = cmp.Or(c, cmp.Compare(a.Name, b.Name)); q.Descending {
			return -c
		}
		return c
	})
	return rows
}

func equal(t *testing.T, q store.Query, got, want []*store.Row[int]) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b *store.Row[int]) bool { return *a == *b }) {
		t.Errorf("%+v: got %d rows, want %d, or another order", q, len(got), len(want))
	}
}

// throughJSON is c as a client's token brings it back.
func throughJSON(t *testing.T, c store.Cursor) *store.Cursor {
	t.Helper()
	data, err := json.Marshal(c)
	must(t, err)
	var back store.Cursor
	must(t, json.Unmarshal(data, &back))
	return &back
}

// TestListIndexes shows that lists choose their page from an index alone.
func TestListIndexes(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	const page = "EXPLAIN QUERY PLAN SELECT name FROM resource WHERE kind = 'k' AND account = 'a' AND region = 'r' "
	for query, want := range map[string]string{
		page + "ORDER BY created_at DESC, name DESC LIMIT 10":                                                                           "USING COVERING INDEX resource_list",
		page + "AND status = 's' ORDER BY created_at, name LIMIT 10":                                                                    "USING COVERING INDEX resource_list",
		page + "ORDER BY modified_at, name LIMIT 10":                                                                                    "USING COVERING INDEX resource_list",
		page + "ORDER BY name LIMIT 10":                                                                                                 "USING COVERING INDEX sqlite_autoindex_resource_1",
		page + "AND parent <> '' AND parent = 'p' ORDER BY created_at, name LIMIT 10":                                                   "USING COVERING INDEX resource_parent",
		page + "AND (created_at, name) > (1, 'n') ORDER BY created_at, name LIMIT 10":                                                   "(created_at,name)>(?,?)",
		"EXPLAIN QUERY PLAN SELECT id FROM task WHERE kind = 'k' AND NOT dead AND run_at <= 1 AND lease_until <= 1 ORDER BY run_at, id": "USING INDEX task_due",
	} {
		var plan strings.Builder
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			rows, err := tx.Query(query)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int
				var detail string
				must(t, rows.Scan(&id, &parent, &unused, &detail))
				plan.WriteString(detail + "\n")
			}
			return rows.Err()
		}))
		if !strings.Contains(plan.String(), want) {
			t.Errorf("%s\nplan: %swant: %s", query, plan.String(), want)
		}
	}
}
