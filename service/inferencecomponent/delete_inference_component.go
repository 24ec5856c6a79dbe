package inferencecomponent

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteInferenceComponent ends a component: requests do not find it any more, its
// copies finish what they have begun and are removed, and then it does not exist.
func (s *Service) DeleteInferenceComponent(ctx context.Context, in *sagemaker.DeleteInferenceComponentInput) (*sagemaker.DeleteInferenceComponentOutput, error) {
	_, err := components.Change(ctx, s.Base, *in.InferenceComponentName, func(tx *store.Tx, r *row) error {
		if err := may(remove, r); err != nil {
			return err
		}
		if err := remove.Fire(&r.Body.Status, &r.Body, tx.Now); err != nil {
			return err
		}
		r.Status = string(r.Body.Status)
		return s.enqueue(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteInferenceComponentOutput{}, nil
}
