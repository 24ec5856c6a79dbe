package index_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// jobs is a kind whose rows are the records themselves.
func jobs() store.Table[sagemaker.TrainingJob] {
	return store.NewTable[sagemaker.TrainingJob]("training-job")
}

func searchable() kit.Searchable {
	return kit.Searchable{Resource: sagemaker.ResourceTypeTrainingJob, Kind: "training-job",
		Record: func(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error) {
			row, err := jobs().Get(tx, scope, name)
			if err != nil {
				return nil, err
			}
			tags, err := store.Tags(tx, scope, row.ARN)
			row.Body.Tags = kit.TagList(tags)
			return &sagemaker.SearchRecord{TrainingJob: &row.Body}, err
		}}
}

func open(t testing.TB, db *store.DB) *index.Index {
	t.Helper()
	x, err := index.New(t.Context(), db, index.Options{Kinds: []kit.Searchable{searchable()}, Logger: slog.New(slog.DiscardHandler), CacheBytes: 1 << 20})
	must(t, err)
	return x
}

// world is a database with an index, and what should be in it.
type world struct {
	t    *testing.T
	db   *store.DB
	x    *index.Index
	r    *rand.Rand
	docs map[string]*sagemaker.TrainingJob
}

// write changes some records in one transaction: adds, replaces, tags, deletes.
func (w *world) write() {
	n := 1 + w.r.IntN(40)
	after := map[string]*sagemaker.TrainingJob{}
	must(w.t, w.db.Update(w.t.Context(), func(tx *store.Tx) error {
		clear(after)
		for range n {
			name := fmt.Sprintf("job-%03d", w.r.IntN(300))
			was, changed := after[name]
			if !changed {
				was = w.docs[name]
			}
			is, err := w.change(tx, name, was)
			if err != nil {
				return err
			}
			after[name] = is
		}
		return nil
	}))
	for name, job := range after {
		if w.docs[name] = job; job == nil {
			delete(w.docs, name)
		}
	}
}

// change does one thing to the record of that name; was is nil when there is none.
func (w *world) change(tx *store.Tx, name string, was *sagemaker.TrainingJob) (*sagemaker.TrainingJob, error) {
	arn := "arn:aws:sagemaker:us-east-1:123456789012:training-job/" + name
	if was == nil {
		job := w.random(name)
		return job, jobs().Insert(tx, &store.Row[sagemaker.TrainingJob]{Scope: home, Name: name, ARN: arn, Body: *job})
	}
	switch w.r.IntN(4) {
	case 0:
		return nil, errors.Join(store.DropTags(tx, home, arn), jobs().Delete(tx, home, name))
	case 1:
		tagged := *was
		tags := map[string]string{"team": fmt.Sprint(w.r.IntN(3))}
		tagged.Tags = kit.TagList(tags)
		return &tagged, errors.Join(store.AddTags(tx, home, arn, tags), store.MarkChangedARN(tx, "training-job", home, arn))
	}
	row, err := jobs().Get(tx, home, name)
	if err != nil {
		return nil, err
	}
	job := w.random(name)
	row.Body, job.Tags = *job, was.Tags
	return job, jobs().Update(tx, row)
}

func (w *world) random(name string) *sagemaker.TrainingJob {
	job := &sagemaker.TrainingJob{TrainingJobName: &name, HyperParameters: map[string]string{"h": fmt.Sprint(w.r.IntN(10))}}
	if w.r.IntN(3) > 0 {
		job.LastModifiedTime = aws.Ptr(time.Unix(int64(w.r.IntN(20)), 0).UTC())
	}
	if w.r.IntN(3) == 0 {
		job.FailureReason = aws.Ptr([]string{"out of memory", "no space"}[w.r.IntN(2)])
	}
	return job
}

// check compares all pages of a search with the same in one go over the records.
func (w *world) check() {
	w.t.Helper()
	typ := w.x.Type(sagemaker.ResourceTypeTrainingJob)
	filters := []*sagemaker.Filter{
		{Name: aws.Ptr("HyperParameters.h"), Operator: sagemaker.OperatorLessThan, Value: aws.Ptr(fmt.Sprint(w.r.IntN(10)))},
		{Name: aws.Ptr("Tags.team"), Operator: sagemaker.OperatorNotEquals, Value: aws.Ptr(fmt.Sprint(w.r.IntN(3)))},
		{Name: aws.Ptr("FailureReason"), Operator: sagemaker.OperatorContains, Value: aws.Ptr("memory")},
	}
	e := &sagemaker.SearchExpression{Filters: filters[:1+w.r.IntN(3)], Operator: []sagemaker.BooleanOperator{"And", "Or"}[w.r.IntN(2)]}
	if w.r.IntN(5) == 0 {
		e = nil
	}
	q, err := search.Compile(typ, e)
	must(w.t, err)
	order, err := search.NewOrder(typ, []string{"", "HyperParameters.h", "FailureReason", "TrainingJobName", "Tags.team"}[w.r.IntN(5)], w.r.IntN(2) == 0)
	must(w.t, err)
	type hit struct {
		name string
		key  search.Key
	}
	var want []hit
	for name, job := range w.docs {
		if doc := typ.Flatten(job); q.Match(doc) {
			want = append(want, hit{name, order.Of(doc)})
		}
	}
	slices.SortFunc(want, func(a, b hit) int {
		if d := order.Compare(a.key, b.key); d != 0 {
			return d
		}
		if a.name < b.name {
			return -1
		}
		return 1
	})
	var got []string
	request := index.Request{Query: q, Order: order, Limit: 1 + w.r.IntN(30)}
	for {
		var page *index.Page
		must(w.t, w.db.View(w.t.Context(), func(tx *store.Tx) (err error) {
			page, err = w.x.Search(tx, sagemaker.ResourceTypeTrainingJob, home, request)
			return err
		}))
		for _, r := range page.Records {
			got = append(got, *r.TrainingJob.TrainingJobName)
		}
		if request.After = page.Next; page.Next == nil {
			break
		}
		if len(page.Records) != request.Limit {
			w.t.Fatalf("a page of %d of %d, and there is more", len(page.Records), request.Limit)
		}
	}
	names := make([]string, len(want))
	for i, h := range want {
		names[i] = h.name
	}
	if !slices.Equal(got, names) {
		w.t.Fatalf("%d of %d records\ngot  %v\nwant %v", len(got), len(want), got, names)
	}
}

// Search-16, Search-20: every write is seen by the next search, deleted records
// never; whatever was packed and merged in between, on both databases.
func TestSearchAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for seed := range uint64(3) {
			w := &world{t: t, db: db, x: open(t, db), r: rand.New(rand.NewPCG(seed, 7)), docs: map[string]*sagemaker.TrainingJob{}}
			for range 60 {
				w.write()
				if w.r.IntN(2) == 0 {
					must(t, w.x.Settle(t.Context(), 1))
				}
				w.check()
			}
			must(t, w.x.Settle(t.Context(), 1))
			if n := count(t, db, "SELECT count(*) FROM search_changed"); n != 0 {
				t.Errorf("%d records were not packed", n)
			}
			if n := count(t, db, "SELECT count(*) FROM search_segment"); n == 0 || n > 20 {
				t.Errorf("%d segments", n)
			}
			if live := count(t, db, "SELECT sum(live) FROM search_segment"); live != len(w.docs) {
				t.Errorf("the segments have %d records, there are %d", live, len(w.docs))
			}
			w.check()
			must(t, db.Update(t.Context(), func(tx *store.Tx) error { // the next seed begins anew
				for name := range w.docs {
					if err := jobs().Delete(tx, home, name); err != nil {
						return err
					}
				}
				_, err := tx.Exec("DELETE FROM tag")
				return err
			}))
		}
	})
}

// What was there before there was an index is found at once, and packed later;
// an index in another format is made anew.
func TestAdopt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &world{t: t, db: db, r: rand.New(rand.NewPCG(1, 1)), docs: map[string]*sagemaker.TrainingJob{}}
		w.write()
		if n := count(t, db, "SELECT count(*) FROM search_changed"); n != 0 {
			t.Fatalf("%d records are marked without an index", n)
		}
		w.x = open(t, db)
		w.check()
		must(t, w.x.Settle(t.Context(), 1))
		w.check()
		must(t, db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE search_kind SET format = -1")
			return err
		}))
		w.x = open(t, db)
		if n := count(t, db, "SELECT count(*) FROM search_segment"); n != 0 {
			t.Errorf("%d segments of another format are left", n)
		}
		w.check()
		must(t, w.x.Settle(t.Context(), 1))
		w.check()
	})
}

func count(t testing.TB, db *store.DB, query string) (n int) {
	t.Helper()
	must(t, db.View(t.Context(), func(tx *store.Tx) error { return tx.QueryRow(query).Scan(&n) }))
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
