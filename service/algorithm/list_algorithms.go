package algorithm

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// defaultPage is the page size when MaxResults is absent.
const defaultPage = 10

// ListAlgorithms lists algorithms, by CreationTime ascending unless told otherwise.
func (s *Service) ListAlgorithms(ctx context.Context, in *sagemaker.ListAlgorithmsInput) (*sagemaker.ListAlgorithmsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	limit := defaultPage
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	q := store.Query{
		Descending:   in.SortOrder == sagemaker.SortOrderDescending,
		NameContains: aws.Val(in.NameContains),
		// The filters mean "after" and "before" strictly; the store's are inclusive.
		CreatedAfter:  shift(in.CreationTimeAfter, time.Microsecond),
		CreatedBefore: shift(in.CreationTimeBefore, -time.Microsecond),
		Limit:         limit + 1,
	}
	if in.SortBy == sagemaker.AlgorithmSortByName {
		q.SortBy = store.ByName
	}
	filters := *in
	filters.NextToken, filters.MaxResults = nil, nil
	if in.NextToken != nil {
		q.After = new(store.Cursor)
		if err := s.Tokens.Open(*in.NextToken, q.After, scope, "ListAlgorithms", filters); err != nil {
			return nil, err
		}
	}
	var rows []*row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = algorithms.List(tx, scope, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &sagemaker.ListAlgorithmsOutput{AlgorithmSummaryList: []*sagemaker.AlgorithmSummary{}}
	if len(rows) > limit {
		rows = rows[:limit]
		token, err := s.Tokens.Seal(store.CursorOf(rows[limit-1], q.SortBy), scope, "ListAlgorithms", filters)
		if err != nil {
			return nil, err
		}
		out.NextToken = &token
	}
	for _, r := range rows {
		out.AlgorithmSummaryList = append(out.AlgorithmSummaryList, &sagemaker.AlgorithmSummary{
			AlgorithmName: &r.Name, AlgorithmArn: &r.ARN, AlgorithmDescription: r.Body.Request.AlgorithmDescription,
			CreationTime: &r.CreatedAt, AlgorithmStatus: r.Body.Status,
		})
	}
	return out, nil
}

// shift moves an optional bound by d; absent stays absent.
func shift(t *time.Time, d time.Duration) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Add(d)
}
