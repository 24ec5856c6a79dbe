package lineage

import (
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteAssociation removes the association from a source to a destination,
// whatever its type.
func (s *Service) DeleteAssociation(ctx context.Context, in *sagemaker.DeleteAssociationInput) (*sagemaker.DeleteAssociationOutput, error) {
	scope := aws.ScopeFrom(ctx)
	var source, destination *graph.Vertex
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if source, destination, err = findEnds(tx, scope, *in.SourceArn, *in.DestinationArn); err != nil {
			return err
		}
		err = graph.Dissociate(tx, source, destination)
		if errors.Is(err, store.ErrNotFound) {
			return aws.Errorf(aws.ResourceNotFound, "An association from %s to %s does not exist.", source.ARN, destination.ARN)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteAssociationOutput{SourceArn: &source.ARN, DestinationArn: &destination.ARN}, nil
}
