package modelcard

import (
	"context"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listExports = kit.NewList(exports, kit.ListOptions[sagemaker.ListModelCardExportJobsInput, Export]{
	Descending: true, Strict: true, Own: []string{"ModelCardName", "ModelCardVersion", "ModelCardExportJobNameContains"},
	Narrow: func(in *sagemaker.ListModelCardExportJobsInput, q *store.Query) error {
		q.Parent = *in.ModelCardName
		return nil
	},
	Keep: func(in *sagemaker.ListModelCardExportJobsInput) func(e *exportRow) bool {
		if in.ModelCardExportJobNameContains == nil && in.ModelCardVersion == nil {
			return nil
		}
		return func(e *exportRow) bool {
			return strings.Contains(e.Body.Name, aws.Val(in.ModelCardExportJobNameContains)) &&
				(in.ModelCardVersion == nil || *in.ModelCardVersion == e.Body.Version)
		}
	},
})

// ListModelCardExportJobs lists the export jobs of a card, the youngest first
// unless told otherwise.
func (s *Service) ListModelCardExportJobs(ctx context.Context, in *sagemaker.ListModelCardExportJobsInput) (*sagemaker.ListModelCardExportJobsOutput, error) {
	r, err := cards.Read(ctx, s.Base, *in.ModelCardName)
	if refusal := (*aws.Error)(nil); errors.As(err, &refusal) && refusal.Code == aws.ResourceNotFound {
		return nil, aws.Invalid("%s", refusal.Message) // no other error is modelled here
	} else if err != nil {
		return nil, err
	}
	in.ModelCardName = &r.Name
	rows, next, err := listExports.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListModelCardExportJobsOutput{NextToken: next, ModelCardExportJobSummaries: kit.Map(rows, func(e *exportRow) *sagemaker.ModelCardExportJobSummary {
		return &sagemaker.ModelCardExportJobSummary{
			ModelCardExportJobName: &e.Body.Name, ModelCardExportJobArn: &e.ARN, Status: e.Body.Status, ModelCardName: &e.Body.Card,
			ModelCardVersion: &e.Body.Version, CreatedAt: &e.CreatedAt, LastModifiedAt: &e.ModifiedAt,
		}
	})}, nil
}
