package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteContext removes a context that nothing is associated with any more
// (Co-7).
func (s *Service) DeleteContext(ctx context.Context, in *sagemaker.DeleteContextInput) (*sagemaker.DeleteContextOutput, error) {
	var r *contextRow
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		if r, err = contexts.find(tx, aws.ScopeFrom(ctx), *in.ContextName); err != nil {
			return err
		}
		return contexts.remove(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteContextOutput{ContextArn: &r.ARN}, nil
}
