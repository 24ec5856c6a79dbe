package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateArtifact records something that a URI names. There is one artifact for
// each source (Co-5, QL-8); its name need not be unique.
func (s *Service) CreateArtifact(ctx context.Context, in *sagemaker.CreateArtifactInput) (*sagemaker.CreateArtifactOutput, error) {
	scope, by := aws.ScopeFrom(ctx), kit.UserContext(ctx)
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		row := newArtifact(scope, in.Source, *in.ArtifactType)
		row.Body.Name = aws.Val(in.ArtifactName)
		row.Body.Entity = Entity{Properties: in.Properties, MetadataProperties: in.MetadataProperties, CreatedBy: by, LastModifiedBy: by}
		_, err := artifacts.create(tx, s.Quotas, row, in.Tags, true)
		arn = row.ARN
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateArtifactOutput{ArtifactArn: &arn}, nil
}
