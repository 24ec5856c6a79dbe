package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateContext changes description and properties of a context: Properties replaces
// all of them, PropertiesToRemove removes some (QL-11).
func (s *Service) UpdateContext(ctx context.Context, in *sagemaker.UpdateContextInput) (*sagemaker.UpdateContextOutput, error) {
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := contexts.find(tx, aws.ScopeFrom(ctx), *in.ContextName)
		if err != nil {
			return err
		}
		arn = r.ARN
		if in.Description != nil {
			r.Body.Description = *in.Description
		}
		r.Body.change(in.Properties, in.PropertiesToRemove, kit.UserContext(ctx))
		return contexts.save(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateContextOutput{ContextArn: &arn}, nil
}
