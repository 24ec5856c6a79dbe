package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateArtifact changes name and properties of an artifact: Properties replaces
// all of them, PropertiesToRemove removes some (QL-11).
func (s *Service) UpdateArtifact(ctx context.Context, in *sagemaker.UpdateArtifactInput) (*sagemaker.UpdateArtifactOutput, error) {
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := artifacts.find(tx, aws.ScopeFrom(ctx), *in.ArtifactArn)
		if err != nil {
			return err
		}
		arn = r.ARN
		if in.ArtifactName != nil {
			r.Body.Name = *in.ArtifactName
		}
		r.Body.change(in.Properties, in.PropertiesToRemove, kit.UserContext(ctx))
		return artifacts.save(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateArtifactOutput{ArtifactArn: &arn}, nil
}
