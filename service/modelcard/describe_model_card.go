package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeModelCard answers a version of a card, the latest unless one is given,
// with its content as it was sent.
func (s *Service) DescribeModelCard(ctx context.Context, in *sagemaker.DescribeModelCardInput) (*sagemaker.DescribeModelCardOutput, error) {
	var r *row
	var v *versionRow
	var n int32
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, v, n, err = load(tx, aws.ScopeFrom(ctx), *in.ModelCardName, in.ModelCardVersion)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DescribeModelCardOutput{
		ModelCardName: &r.Name, ModelCardArn: &r.ARN, ModelCardVersion: &n, Content: &v.Body.Content, ModelCardStatus: v.Body.Status,
		SecurityConfig: r.Body.Security, CreationTime: &r.CreatedAt, CreatedBy: r.Body.CreatedBy,
		LastModifiedTime: &v.ModifiedAt, LastModifiedBy: v.Body.LastModifiedBy,
	}, nil
}
