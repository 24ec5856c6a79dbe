package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteAction removes an action that nothing is associated with any more
// (Co-7).
func (s *Service) DeleteAction(ctx context.Context, in *sagemaker.DeleteActionInput) (*sagemaker.DeleteActionOutput, error) {
	var r *actionRow
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		if r, err = actions.find(tx, aws.ScopeFrom(ctx), *in.ActionName); err != nil {
			return err
		}
		return actions.remove(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteActionOutput{ActionArn: &r.ARN}, nil
}
