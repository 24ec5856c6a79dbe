package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeContext answers a context by name or ARN.
func (s *Service) DescribeContext(ctx context.Context, in *sagemaker.DescribeContextInput) (*sagemaker.DescribeContextOutput, error) {
	var r *contextRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = contexts.find(tx, aws.ScopeFrom(ctx), *in.ContextName)
		return err
	})
	if err != nil {
		return nil, err
	}
	e := &r.Body
	return &sagemaker.DescribeContextOutput{
		ContextArn: &r.ARN, ContextName: &r.Name, Source: e.Source, ContextType: &r.Status, Description: aws.Optional(e.Description),
		Properties:   e.properties(),
		CreationTime: &r.CreatedAt, CreatedBy: shown(e.CreatedBy), LastModifiedTime: &r.ModifiedAt, LastModifiedBy: shown(e.LastModifiedBy),
		LineageGroupArn: groupARN(r.Scope),
	}, nil
}
