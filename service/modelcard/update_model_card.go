package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateModelCard changes the content, which makes another version, or the status,
// which does not. Both at once are refused, as is another content of an archived
// card.
func (s *Service) UpdateModelCard(ctx context.Context, in *sagemaker.UpdateModelCardInput) (*sagemaker.UpdateModelCardOutput, error) {
	switch {
	case in.Content != nil && in.ModelCardStatus != "":
		return nil, aws.Invalid("The content and the status of a model card cannot be updated in a single call. Update one after the other.")
	case in.Content == nil && in.ModelCardStatus == "":
		return nil, aws.Invalid("There is nothing to update: give Content or ModelCardStatus.")
	case in.Content != nil:
		if err := s.content.check(*in.Content); err != nil {
			return nil, err
		}
	}
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, v, _, err := load(tx, aws.ScopeFrom(ctx), *in.ModelCardName, nil)
		if err != nil {
			return err
		}
		by := kit.UserContext(ctx)
		arn, r.Body.LastModifiedBy = r.ARN, by
		if in.Content != nil {
			if r.Body.Status == sagemaker.ModelCardStatusArchived {
				return aws.Invalid("Model Card is in Archived state: the content of %s cannot be updated. Update its status first.", r.Name)
			}
			r.Body.Version++
			if err := insertVersion(tx, r, *in.Content, by); err != nil {
				return err
			}
			return cards.Update(tx, r)
		}
		if err := setStatus(r, in.ModelCardStatus, tx.Now); err != nil {
			return err
		}
		v.Body.Status, v.Status, v.Body.LastModifiedBy = r.Body.Status, r.Status, by
		if err := versions.Update(tx, v); err != nil {
			return err
		}
		return cards.Update(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateModelCardOutput{ModelCardArn: &arn}, nil
}
