package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listArtifacts = kit.NewList(artifacts.Table, kit.ListOptions[sagemaker.ListArtifactsInput, Artifact]{
	Descending: true, Own: []string{"SourceUri", "ArtifactType"},
	Narrow: func(in *sagemaker.ListArtifactsInput, q *store.Query) error {
		return narrow(q, in.SourceUri, in.ArtifactType)
	},
})

// ListArtifacts lists artifacts, the youngest first unless told otherwise; SourceUri and
// ArtifactType are compared exactly (Co-6, QL-11).
func (s *Service) ListArtifacts(ctx context.Context, in *sagemaker.ListArtifactsInput) (*sagemaker.ListArtifactsOutput, error) {
	rows, next, err := listArtifacts.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListArtifactsOutput{NextToken: next, ArtifactSummaries: kit.Map(rows, func(r *artifactRow) *sagemaker.ArtifactSummary {
		return &sagemaker.ArtifactSummary{
			ArtifactArn: &r.ARN, ArtifactName: aws.Optional(r.Body.Name), Source: r.Body.Source, ArtifactType: &r.Status,
			CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt,
		}
	})}, nil
}
