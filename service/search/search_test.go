package search_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/service/search"
	"github.com/sagebrush/sagebrush/service/tagging"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

func jobs() store.Table[sagemaker.TrainingJob] {
	return store.NewTable[sagemaker.TrainingJob]("training-job")
}

func record(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error) {
	row, err := jobs().Get(tx, scope, name)
	if err != nil {
		return nil, err
	}
	tags, err := store.Tags(tx, scope, row.ARN)
	row.Body.Tags = kit.TagList(tags)
	return &sagemaker.SearchRecord{TrainingJob: &row.Body}, err
}

func open(t *testing.T, db *store.DB) (*search.Service, context.Context) {
	t.Helper()
	x, err := index.New(t.Context(), db, index.Options{Logger: slog.New(slog.DiscardHandler),
		Kinds: []kit.Searchable{{Resource: sagemaker.ResourceTypeTrainingJob, Kind: "training-job", Record: record}}})
	must(t, err)
	return &search.Service{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Index: x}, aws.WithCaller(t.Context(), aws.Caller{Scope: home})
}

// add stores a job with some hyperparameters, given as name=value.
func add(t testing.TB, db *store.DB, name string, parameters ...string) {
	t.Helper()
	job := sagemaker.TrainingJob{TrainingJobName: &name, HyperParameters: map[string]string{}}
	for _, p := range parameters {
		key, value, _ := strings.Cut(p, "=")
		job.HyperParameters[key] = value
	}
	must(t, db.Update(t.Context(), func(tx *store.Tx) error {
		job.LastModifiedTime = aws.Ptr(tx.Now)
		return jobs().Insert(tx, &store.Row[sagemaker.TrainingJob]{Scope: home, Name: name, ARN: aws.SageMakerARN(home, "training-job", name), Body: job})
	}))
}

func where(name, op, value string) *sagemaker.SearchExpression {
	f := &sagemaker.Filter{Name: &name, Operator: sagemaker.Operator(op)}
	if value != "" {
		f.Value = &value
	}
	return &sagemaker.SearchExpression{Filters: []*sagemaker.Filter{f}}
}

func names(out *sagemaker.SearchOutput) string {
	var list []string
	for _, r := range out.Results {
		list = append(list, *r.TrainingJob.TrainingJobName)
	}
	return strings.Join(list, " ")
}

// Search-1, Search-2, Search-16, Search-17, Search-20, Gen-5, Co-10, Co-17: what was
// written is found at once, newest first, in pages that are full although a filter
// leaves some out; deleted jobs and other
// accounts' are not.
//
// covers: sagemaker.Search
func TestSearch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := open(t, db)
		for i := range 5 {
			add(t, db, fmt.Sprint("job-", i), fmt.Sprint("rate=0.", i))
			if i == 2 {
				must(t, s.Index.Settle(ctx, 1)) // some of them are packed, some not
			}
		}
		find := func(in *sagemaker.SearchInput) *sagemaker.SearchOutput {
			t.Helper()
			if in.Resource == "" {
				in.Resource = sagemaker.ResourceTypeTrainingJob
			}
			out, err := s.Search(ctx, in)
			must(t, err)
			return out
		}
		if got := names(find(&sagemaker.SearchInput{})); got != "job-4 job-3 job-2 job-1 job-0" {
			t.Errorf("everything: %s", got)
		}
		two := &sagemaker.SearchInput{SearchExpression: where("HyperParameters.rate", "GreaterThan", "0.1"), MaxResults: aws.Ptr[int32](2),
			SortBy: aws.Ptr("HyperParameters.rate"), SortOrder: sagemaker.SearchSortOrderAscending}
		first := find(two)
		if got := names(first); got != "job-2 job-3" || first.NextToken == nil {
			t.Fatalf("first page: %s", got)
		}
		next := *two
		next.NextToken = first.NextToken
		if last := find(&next); names(last) != "job-4" || last.NextToken != nil {
			t.Errorf("last page: %s", names(last))
		}
		for what, change := range map[string]func(in *sagemaker.SearchInput){
			"other filters":    func(in *sagemaker.SearchInput) { in.SearchExpression = nil },
			"other order":      func(in *sagemaker.SearchInput) { in.SortBy = nil },
			"garbage":          func(in *sagemaker.SearchInput) { in.NextToken = aws.Ptr("garbage") },
			"unknown property": func(in *sagemaker.SearchInput) { in.SearchExpression = where("Nope", "Exists", "") },
			"unknown order":    func(in *sagemaker.SearchInput) { in.SortBy = aws.Ptr("Nope; DROP TABLE resource") },
		} {
			bad := next
			if bad.Resource = sagemaker.ResourceTypeTrainingJob; true {
				change(&bad)
			}
			if _, err := s.Search(ctx, &bad); aws.CodeOf(err) != aws.ValidationException {
				t.Errorf("%s: %v", what, err)
			}
		}
		tagger := &tagging.Service{Base: s.Base}
		arn := aws.SageMakerARN(home, "training-job", "job-1")
		_, err := tagger.AddTags(ctx, &sagemaker.AddTagsInput{ResourceArn: &arn, Tags: []*sagemaker.Tag{{Key: aws.Ptr("team"), Value: aws.Ptr("blue")}}})
		must(t, err)
		if got := names(find(&sagemaker.SearchInput{SearchExpression: where("Tags.team", "Equals", "blue")})); got != "job-1" {
			t.Errorf("with the tag: %s", got)
		}
		_, err = tagger.DeleteTags(ctx, &sagemaker.DeleteTagsInput{ResourceArn: &arn, TagKeys: []string{"team"}})
		must(t, err)
		must(t, db.Update(ctx, func(tx *store.Tx) error { return jobs().Delete(tx, home, "job-0") }))
		if got := names(find(&sagemaker.SearchInput{SearchExpression: where("Tags.team", "NotExists", "")})); got != "job-4 job-3 job-2 job-1" {
			t.Errorf("after untagging and deleting: %s", got)
		}
		for _, in := range []*sagemaker.SearchInput{
			{Resource: sagemaker.ResourceTypeImage}, {Resource: sagemaker.ResourceTypeImageVersion}, {Resource: sagemaker.ResourceTypeProject},
			{CrossAccountFilterOption: sagemaker.CrossAccountFilterOptionCrossAccount},
		} {
			if out := find(in); len(out.Results) != 0 || out.NextToken != nil {
				t.Errorf("%s %s: %s", in.Resource, in.CrossAccountFilterOption, names(out))
			}
		}
		for _, other := range []aws.Scope{{Account: "210987654321", Region: home.Region}, {Account: home.Account, Region: "eu-west-1"}} {
			foreign := aws.WithCaller(t.Context(), aws.Caller{Scope: other})
			if out, err := s.Search(foreign, &sagemaker.SearchInput{Resource: sagemaker.ResourceTypeTrainingJob}); err != nil || len(out.Results) > 0 {
				t.Errorf("%v sees %s, %v", other, names(out), err)
			}
		}
	})
}

// Sugg-1, Sugg-2, Sugg-3: names that resources have, by the beginning of the whole name
// or of its last part; none of what is gone.
//
// covers: sagemaker.GetSearchSuggestions
func TestSuggestions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := open(t, db)
		add(t, db, "packed", "linear_lr=1", "gone=1")
		must(t, s.Index.Settle(ctx, 1))
		add(t, db, "fresh", "Linear_decay=1", "other=2")
		must(t, db.Update(ctx, func(tx *store.Tx) error {
			row, err := jobs().Get(tx, home, "packed")
			if err != nil {
				return err
			}
			delete(row.Body.HyperParameters, "gone")
			row.Body.FinalMetricDataList = []*sagemaker.MetricData{{MetricName: aws.Ptr("linear:acc"), Value: aws.Ptr[float32](1)}}
			return errors.Join(jobs().Update(tx, row), store.AddTags(tx, home, row.ARN, map[string]string{"team": "x"}))
		}))
		for range 2 { // changed, then packed
			for hint, want := range map[string]string{
				"lin":             "HyperParameters.Linear_decay HyperParameters.linear_lr Metrics.linear:acc",
				"hyperparameters": "HyperParameters.Linear_decay HyperParameters.linear_lr HyperParameters.other",
				"Tags.":           "Tags.team", "gone": "", "TrainingJobName": "",
			} {
				out, err := s.GetSearchSuggestions(ctx, &sagemaker.GetSearchSuggestionsInput{Resource: sagemaker.ResourceTypeTrainingJob,
					SuggestionQuery: &sagemaker.SuggestionQuery{PropertyNameQuery: &sagemaker.PropertyNameQuery{PropertyNameHint: &hint}}})
				must(t, err)
				var got []string
				for _, p := range out.PropertyNameSuggestions {
					got = append(got, *p.PropertyName)
				}
				if strings.Join(got, " ") != want {
					t.Errorf("hint %q: %v", hint, got)
				}
			}
			must(t, s.Index.Settle(ctx, 1))
		}
		foreign := aws.WithCaller(t.Context(), aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		for _, r := range []sagemaker.ResourceType{sagemaker.ResourceTypeTrainingJob, sagemaker.ResourceTypeImage} {
			if out, err := s.GetSearchSuggestions(foreign, &sagemaker.GetSearchSuggestionsInput{Resource: r}); err != nil || len(out.PropertyNameSuggestions) > 0 {
				t.Errorf("another account is told %v, %v", out, err)
			}
		}
	})
}

// Gen-5: while others write and the index is packed, pages show every record that
// was there throughout exactly once.
func TestPagesWhileOthersWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := open(t, db)
		for i := range 40 {
			add(t, db, fmt.Sprintf("stays-%02d", i), "keep=1", fmt.Sprint("n=", i%7))
		}
		ctx, stop := context.WithCancel(ctx)
		var background sync.WaitGroup
		defer background.Wait()
		defer stop()
		background.Go(func() { s.Index.Run(ctx) })
		var failed error
		background.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				err := db.Update(ctx, func(tx *store.Tx) error {
					name := fmt.Sprint("moves-", i%20)
					if err := jobs().Delete(tx, home, name); err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
					return jobs().Insert(tx, &store.Row[sagemaker.TrainingJob]{Scope: home, Name: name, ARN: name,
						Body: sagemaker.TrainingJob{TrainingJobName: &name, HyperParameters: map[string]string{"n": fmt.Sprint(i % 9)}, LastModifiedTime: aws.Ptr(time.Unix(int64(i), 0))}})
				})
				if err == nil && i%5 == 0 {
					err = s.Index.Settle(ctx, 1)
				}
				if err != nil && ctx.Err() == nil {
					failed = err
					return
				}
			}
		})
		for range 8 {
			seen := map[string]int{}
			in := &sagemaker.SearchInput{Resource: sagemaker.ResourceTypeTrainingJob, SortBy: aws.Ptr("HyperParameters.n"), MaxResults: aws.Ptr[int32](7)}
			for {
				out, err := s.Search(ctx, in)
				must(t, err)
				for _, r := range out.Results {
					seen[*r.TrainingJob.TrainingJobName]++
				}
				if in.NextToken = out.NextToken; in.NextToken == nil {
					break
				}
			}
			for i := range 40 {
				if name := fmt.Sprintf("stays-%02d", i); seen[name] != 1 {
					t.Fatalf("%s was shown %d times", name, seen[name])
				}
			}
		}
		stop()
		background.Wait()
		must(t, failed)
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
