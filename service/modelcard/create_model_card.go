package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateModelCard adds a card with its first version. Content must follow the
// model card JSON schema.
func (s *Service) CreateModelCard(ctx context.Context, in *sagemaker.CreateModelCardInput) (*sagemaker.CreateModelCardOutput, error) {
	if err := s.content.check(*in.Content); err != nil {
		return nil, err
	}
	r := &row{Scope: aws.ScopeFrom(ctx), Name: *in.ModelCardName, Status: string(in.ModelCardStatus)}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		by := kit.UserContext(ctx)
		r.Body = Card{Security: in.SecurityConfig, Status: in.ModelCardStatus, Version: 1, CreatedBy: by, LastModifiedBy: by}
		if err := cards.Create(tx, s.Quotas, r, in.Tags); err != nil {
			return err
		}
		return insertVersion(tx, r, *in.Content, by)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateModelCardOutput{ModelCardArn: &r.ARN}, nil
}
