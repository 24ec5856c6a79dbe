package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeArtifact answers an artifact by ARN.
func (s *Service) DescribeArtifact(ctx context.Context, in *sagemaker.DescribeArtifactInput) (*sagemaker.DescribeArtifactOutput, error) {
	var r *artifactRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = artifacts.find(tx, aws.ScopeFrom(ctx), *in.ArtifactArn)
		return err
	})
	if err != nil {
		return nil, err
	}
	e := &r.Body
	return &sagemaker.DescribeArtifactOutput{
		ArtifactArn: &r.ARN, ArtifactName: aws.Optional(e.Name), Source: e.Source, ArtifactType: &r.Status, Properties: e.properties(),
		CreationTime: &r.CreatedAt, CreatedBy: shown(e.CreatedBy), LastModifiedTime: &r.ModifiedAt, LastModifiedBy: shown(e.LastModifiedBy),
		MetadataProperties: e.MetadataProperties, LineageGroupArn: groupARN(r.Scope),
	}, nil
}
