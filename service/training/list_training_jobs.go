package training

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listTrainingJobs = kit.NewList(jobs, kit.ListOptions[sagemaker.ListTrainingJobsInput, Job]{
	Strict: true, Own: []string{"StatusEquals", "WarmPoolStatusEquals"},
	Narrow: func(in *sagemaker.ListTrainingJobsInput, q *store.Query) error {
		cut := in.StatusEquals != "" && in.MaxResults != nil
		switch {
		case !cut:
			q.Status = string(in.StatusEquals)
		case in.SortBy == "" && in.SortOrder == "":
			q.Descending = true
		}
		return nil
	},
})

// ListTrainingJobs lists jobs, by CreationTime ascending unless told otherwise.
// StatusEquals together with MaxResults filters a page after it was cut, from the
// newest jobs where no order is asked for (ListTrainingJobs-1), and
// WarmPoolStatusEquals always does: such pages may be short, or empty with a
// NextToken.
func (s *Service) ListTrainingJobs(ctx context.Context, in *sagemaker.ListTrainingJobsInput) (*sagemaker.ListTrainingJobsOutput, error) {
	rows, next, err := listTrainingJobs.Page(ctx, kit.Base{DB: s.DB, Tokens: s.Tokens}, in)
	if err != nil {
		return nil, err
	}
	out := &sagemaker.ListTrainingJobsOutput{TrainingJobSummaries: []*sagemaker.TrainingJobSummary{}, NextToken: next}
	for _, r := range rows {
		pool := in.WarmPoolStatusEquals == "" || r.Body.Pool != nil && r.Body.Pool.Status == in.WarmPoolStatusEquals
		if pool && (in.StatusEquals == "" || string(in.StatusEquals) == r.Status) {
			out.TrainingJobSummaries = append(out.TrainingJobSummaries, summarize(r))
		}
	}
	return out, nil
}

func summarize(r *row) *sagemaker.TrainingJobSummary {
	return &sagemaker.TrainingJobSummary{
		TrainingJobName: &r.Name, TrainingJobArn: &r.ARN,
		TrainingJobStatus: sagemaker.TrainingJobStatus(r.Status),
		CreationTime:      &r.CreatedAt, LastModifiedTime: &r.ModifiedAt, TrainingEndTime: r.Body.EndedAt,
		WarmPoolStatus: describePool(r.Body.Pool),
	}
}
