package training

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// defaultPage is the page size when MaxResults is absent.
const defaultPage = 10

// ListTrainingJobs lists jobs, by CreationTime ascending unless told otherwise.
// StatusEquals together with MaxResults filters a page after it was cut, from the
// newest jobs where no order is asked for (ListTrainingJobs-1), and
// WarmPoolStatusEquals always does: such pages may be short, or empty with a
// NextToken.
func (s *Service) ListTrainingJobs(ctx context.Context, in *sagemaker.ListTrainingJobsInput) (*sagemaker.ListTrainingJobsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	limit := defaultPage
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	q := store.Query{
		SortBy:       sortColumn(in.SortBy),
		Descending:   in.SortOrder == sagemaker.SortOrderDescending,
		NameContains: aws.Val(in.NameContains),
		// The filters mean "after" and "before" strictly; the store's are inclusive.
		CreatedAfter:   shift(in.CreationTimeAfter, time.Microsecond),
		CreatedBefore:  shift(in.CreationTimeBefore, -time.Microsecond),
		ModifiedAfter:  shift(in.LastModifiedTimeAfter, time.Microsecond),
		ModifiedBefore: shift(in.LastModifiedTimeBefore, -time.Microsecond),
		Limit:          limit + 1,
	}
	filters := *in
	filters.NextToken, filters.MaxResults = nil, nil
	at := listPlace{CutFirst: in.StatusEquals != "" && in.MaxResults != nil}
	if in.NextToken != nil {
		if err := s.Tokens.Open(*in.NextToken, &at, scope, "ListTrainingJobs", filters); err != nil {
			return nil, err
		}
		q.After = &at.Cursor
	}
	switch {
	case !at.CutFirst:
		q.Status = string(in.StatusEquals)
	case in.SortBy == "" && in.SortOrder == "":
		q.Descending = true
	}
	var rows []*row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = jobs.List(tx, scope, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &sagemaker.ListTrainingJobsOutput{TrainingJobSummaries: []*sagemaker.TrainingJobSummary{}}
	if len(rows) > limit {
		rows = rows[:limit]
		at.Cursor = store.CursorOf(rows[limit-1], q.SortBy)
		token, err := s.Tokens.Seal(at, scope, "ListTrainingJobs", filters)
		if err != nil {
			return nil, err
		}
		out.NextToken = &token
	}
	for _, r := range rows {
		pool := in.WarmPoolStatusEquals == "" || r.Body.Pool != nil && r.Body.Pool.Status == in.WarmPoolStatusEquals
		if pool && (in.StatusEquals == "" || string(in.StatusEquals) == r.Status) {
			out.TrainingJobSummaries = append(out.TrainingJobSummaries, summarize(r))
		}
	}
	return out, nil
}

// listPlace is where a list goes on.
type listPlace struct {
	store.Cursor
	// CutFirst says that pages are cut before StatusEquals filters them: a list goes
	// on as it began, whatever MaxResults says then.
	CutFirst bool `json:",omitempty"`
}

func summarize(r *row) *sagemaker.TrainingJobSummary {
	return &sagemaker.TrainingJobSummary{
		TrainingJobName: &r.Name, TrainingJobArn: &r.ARN,
		TrainingJobStatus: sagemaker.TrainingJobStatus(r.Status),
		CreationTime:      &r.CreatedAt, LastModifiedTime: &r.ModifiedAt, TrainingEndTime: r.Body.EndedAt,
		WarmPoolStatus: describePool(r.Body.Pool),
	}
}

func sortColumn(by sagemaker.SortBy) store.SortBy {
	switch by {
	case sagemaker.SortByName:
		return store.ByName
	case sagemaker.SortByStatus:
		return store.ByStatus
	}
	return store.ByCreated
}

// shift moves an optional bound by d; absent stays absent.
func shift(t *time.Time, d time.Duration) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Add(d)
}
