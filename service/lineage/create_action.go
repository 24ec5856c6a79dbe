package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateAction records something that was done (Co-5).
func (s *Service) CreateAction(ctx context.Context, in *sagemaker.CreateActionInput) (*sagemaker.CreateActionOutput, error) {
	scope, by := aws.ScopeFrom(ctx), kit.UserContext(ctx)
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		row := &actionRow{Scope: scope, Name: *in.ActionName, Status: *in.ActionType, Parent: uriDigest(*in.Source.SourceUri)}
		row.Body.Source, row.Body.ActionStatus = in.Source, in.Status
		row.Body.Entity = Entity{Description: aws.Val(in.Description), Properties: in.Properties, MetadataProperties: in.MetadataProperties, CreatedBy: by, LastModifiedBy: by}
		_, err := actions.create(tx, s.Quotas, row, in.Tags, true)
		arn = row.ARN
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateActionOutput{ActionArn: &arn}, nil
}
