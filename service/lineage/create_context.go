package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateContext records something that groups others (Co-5).
func (s *Service) CreateContext(ctx context.Context, in *sagemaker.CreateContextInput) (*sagemaker.CreateContextOutput, error) {
	scope, by := aws.ScopeFrom(ctx), kit.UserContext(ctx)
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		row := &contextRow{Scope: scope, Name: *in.ContextName, Status: *in.ContextType, Parent: uriDigest(*in.Source.SourceUri)}
		row.Body.Source = in.Source
		row.Body.Entity = Entity{Description: aws.Val(in.Description), Properties: in.Properties, CreatedBy: by, LastModifiedBy: by}
		_, err := contexts.create(tx, s.Quotas, row, in.Tags, true)
		arn = row.ARN
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateContextOutput{ContextArn: &arn}, nil
}
