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
	source, destination, err := s.changeBetween(ctx, *in.SourceArn, *in.DestinationArn, func(tx *store.Tx, source, destination *graph.Vertex) error {
		err := graph.Dissociate(tx, source, destination)
		if errors.Is(err, store.ErrNotFound) {
			return aws.Errorf(aws.ResourceNotFound, "An association from %s to %s does not exist.", source.ARN, destination.ARN)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteAssociationOutput{SourceArn: source, DestinationArn: destination}, nil
}
