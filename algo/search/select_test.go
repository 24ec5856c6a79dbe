package search_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sagebrush/sagebrush/algo/search"
	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// The columns answer what Match answers for each record: for random records and
// expressions, however the records were packed, merged and left out in between.
// Texts that were cut may be found too often, never too seldom.
func TestSelectAgreesWithMatch(t *testing.T) {
	t.Parallel()
	u := unpacker(t)
	job, component := recordType(t, "TrainingJob"), recordType(t, "TrialComponent")
	selected, exact := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		typ, names, inside, list, by := job, jobNames, jobInside, "InputDataConfig", []string{"HyperParameters.h0", "FailureReason", "", "Metrics.m0", "InputDataConfig.ChannelName"}
		record := func(i int) any { return randomJob(r, i) }
		if seed%2 == 1 {
			typ, names, inside, list, by = component, componentNames, componentInside, "Parents", []string{"Parameters.p0", "metrics.m0.max", "", "DisplayName", "Parents.TrialName"}
			record = func(i int) any { return randomComponent(r, i) }
		}
		docs, segment := mergedSegment(t, u, r, typ, record)
		for range 60 {
			q, err := search.Compile(typ, randomExpression(r, names, inside, list, 2))
			if err != nil {
				continue // operators and properties that do not go together
			}
			found, err := q.Select(segment)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range docs {
				if q.Match(d.Doc) {
					selected++
					if !found.Has(i) {
						t.Fatalf("seed %d: record %s is selected and was not found", seed, d.Name)
					}
				} else if !found.Has(i) {
					exact++
				}
			}
			if n := found.Count(); n > len(docs) {
				t.Fatalf("seed %d: found %d of %d", seed, n, len(docs))
			}
		}
		for _, sort := range by {
			o, err := search.NewOrder(typ, sort, r.IntN(2) == 0)
			if err != nil {
				t.Fatal(err)
			}
			keys, err := o.Keys(segment)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range docs {
				if want := o.Of(d.Doc); keys.At(i) != want {
					t.Fatalf("seed %d: sort %q of %s: %+v, want %+v", seed, sort, d.Name, keys.At(i), want)
				}
			}
		}
	}
	if selected < 1000 || exact < 1000 {
		t.Errorf("%d records selected, %d not: too few to prove anything", selected, exact)
	}
}

// mergedSegment packs random records into a few segments, kills some, and merges.
func mergedSegment(t *testing.T, u *search.Unpacker, r *rand.Rand, typ *search.Type, record func(i int) any) (alive []search.Named, _ search.Segment) {
	t.Helper()
	var parts []search.Part
	n := 0
	for range 1 + r.IntN(4) {
		var docs []search.Named
		for range 1 + r.IntN(100) {
			docs = append(docs, search.Named{Name: fmt.Sprintf("name-%d", n), Doc: typ.Flatten(record(n))})
			n++
		}
		segment, err := u.Unpack(search.Pack(docs))
		if err != nil {
			t.Fatal(err)
		}
		dead := search.NewBits(len(docs))
		for i, d := range docs {
			if r.IntN(5) == 0 {
				dead.Set(i)
			} else {
				alive = append(alive, d)
			}
		}
		parts = append(parts, search.Part{Segment: segment, Dead: dead})
	}
	packed, _, err := search.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	segment, err := u.Unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	names, err := segment.Column(search.NameColumn)
	if err != nil || segment.Docs() != len(alive) {
		t.Fatalf("%d records after the merge, want %d; %v", segment.Docs(), len(alive), err)
	}
	for i, d := range alive {
		if names.Text(i) != d.Name {
			t.Fatalf("record %d is %q, want %q", i, names.Text(i), d.Name)
		}
	}
	return alive, segment
}

func unpacker(t testing.TB) *search.Unpacker {
	t.Helper()
	u, err := search.NewUnpacker()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// FuzzCompile takes names and values from clients: an error that says why, or a
// query that can be asked.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"TrainingJobName", "Metrics.a.b", "Tags.", "HyperParameters.x", "..", "InputDataConfig.ChannelName", "' OR 1=1 --"} {
		f.Add(seed, "Equals", "1e5", "InputDataConfig")
		f.Add(seed, "In", ",", seed)
	}
	types := []*search.Type{recordType(f, "TrainingJob"), recordType(f, "TrialComponent"), recordType(f, "Model")}
	doc := types[0].Flatten(exampleJob())
	f.Fuzz(func(t *testing.T, name, op, value, list string) {
		for _, typ := range types {
			e := &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{filter(name, op, value)}}
			nested := &sagemaker.SearchExpression{NestedFilters: []*sagemaker.NestedFilters{{NestedPropertyName: &list, Filters: e.Filters}}}
			for _, e := range []*sagemaker.SearchExpression{e, nested} {
				if q, err := search.Compile(typ, e); err == nil {
					q.Match(doc)
				}
			}
			if o, err := search.NewOrder(typ, name, true); err == nil {
				o.Of(doc)
			}
		}
	})
}
