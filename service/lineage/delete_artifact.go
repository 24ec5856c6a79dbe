package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteArtifact removes an artifact, named by ARN or by source, that nothing is
// associated with any more (QL-11, Co-7).
func (s *Service) DeleteArtifact(ctx context.Context, in *sagemaker.DeleteArtifactInput) (*sagemaker.DeleteArtifactOutput, error) {
	var r *artifactRow
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		arn, err := deleted(aws.ScopeFrom(ctx), in)
		if err != nil {
			return err
		}
		r, err = artifacts.find(tx, aws.ScopeFrom(ctx), arn)
		if err != nil {
			return err
		}
		return artifacts.remove(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteArtifactOutput{ArtifactArn: &r.ARN}, nil
}

// deleted is the ARN of the artifact that the request names by ARN or by source.
func deleted(scope aws.Scope, in *sagemaker.DeleteArtifactInput) (string, error) {
	switch {
	case in.ArtifactArn == nil && in.Source == nil:
		return "", aws.Invalid("Either ArtifactArn or Source must be specified.")
	case in.Source == nil:
		return *in.ArtifactArn, nil
	}
	arn := artifacts.ARN(scope, artifactID(in.Source))
	if in.ArtifactArn != nil && *in.ArtifactArn != arn {
		return "", aws.Invalid("ArtifactArn and Source name different artifacts: the source is that of %s. Give one of them.", arn)
	}
	return arn, nil
}
