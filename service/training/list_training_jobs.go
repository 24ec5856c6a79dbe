package training

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

var listTrainingJobs = kit.NewList(jobs, kit.ListOptions[sagemaker.ListTrainingJobsInput, Job]{
	Strict: true, Own: []string{"StatusEquals", "WarmPoolStatusEquals"},
})

// ListTrainingJobs lists jobs, by CreationTime ascending unless told otherwise.
// StatusEquals and WarmPoolStatusEquals filter a page after it was cut
// (ListTrainingJobs-1), so pages may be short, or empty with a NextToken.
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
