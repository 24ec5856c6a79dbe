package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeTrialComponent answers the properties of a component and the summaries
// of its metrics (Co-8).
func (s *Service) DescribeTrialComponent(ctx context.Context, in *sagemaker.DescribeTrialComponentInput) (*sagemaker.DescribeTrialComponentOutput, error) {
	var row *componentRow
	var metrics []*sagemaker.TrialComponentMetricSummary
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		if row, err = components.Find(tx, aws.ScopeFrom(ctx), *in.TrialComponentName); err != nil {
			return err
		}
		metrics, err = metricsOf(tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	c := &row.Body
	return &sagemaker.DescribeTrialComponentOutput{
		TrialComponentName: &c.Name, TrialComponentArn: &row.ARN, DisplayName: given(c.DisplayName, c.Name),
		Source: c.Source, Sources: c.Sources, Status: c.Status, StartTime: c.StartTime, EndTime: c.EndTime,
		CreationTime: &row.CreatedAt, CreatedBy: c.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: c.LastModifiedBy,
		Parameters: whole(c.Parameters), InputArtifacts: whole(c.InputArtifacts), OutputArtifacts: whole(c.OutputArtifacts),
		MetadataProperties: c.MetadataProperties, LineageGroupArn: aws.Ptr(lineage.GroupARN(row.Scope)), Metrics: metrics,
	}, nil
}
