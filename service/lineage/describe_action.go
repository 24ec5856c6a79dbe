package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeAction answers an action by name or ARN.
func (s *Service) DescribeAction(ctx context.Context, in *sagemaker.DescribeActionInput) (*sagemaker.DescribeActionOutput, error) {
	var r *actionRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = actions.find(tx, aws.ScopeFrom(ctx), *in.ActionName)
		return err
	})
	if err != nil {
		return nil, err
	}
	e := &r.Body
	return &sagemaker.DescribeActionOutput{
		ActionArn: &r.ARN, ActionName: &r.Name, Source: e.Source, ActionType: &r.Status, Description: aws.Optional(e.Description),
		Status: e.ActionStatus, Properties: e.properties(),
		CreationTime: &r.CreatedAt, CreatedBy: shown(e.CreatedBy), LastModifiedTime: &r.ModifiedAt, LastModifiedBy: shown(e.LastModifiedBy),
		MetadataProperties: e.MetadataProperties, LineageGroupArn: groupARN(r.Scope),
	}, nil
}
