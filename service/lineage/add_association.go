package lineage

import (
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// AddAssociation adds an association from a source to a destination
// (AddAssociation-1). Its type is advice and may be left out (AddAssociation-3);
// there is one at most from one entity to another (Assoc-3).
func (s *Service) AddAssociation(ctx context.Context, in *sagemaker.AddAssociationInput) (*sagemaker.AddAssociationOutput, error) {
	source, destination, err := s.changeBetween(ctx, *in.SourceArn, *in.DestinationArn, func(tx *store.Tx, source, destination *graph.Vertex) error {
		switch {
		case source.ID == destination.ID:
			return aws.Invalid("%s cannot be associated with itself. Give two different entities.", source.ARN)
		case ofExperiment(source) && ofExperiment(destination):
			return aws.Invalid("%s and %s are both experiment entities, which cannot be associated with each other. Associate them through an artifact, an action or a context.", source.ARN, destination.ARN)
		}
		if s.Quotas.Limit(associationQuota) > 0 {
			used, err := graph.ManualAssociations(tx, aws.ScopeFrom(ctx))
			if err == nil {
				err = s.Quotas.Exceeded(associationQuota, used, 1)
			}
			if err != nil {
				return err
			}
		}
		err := graph.Associate(tx, graph.Association{Source: source, Destination: destination, Type: string(in.AssociationType), Manual: true})
		if errors.Is(err, store.ErrExists) {
			return aws.Invalid("An association from %s to %s already exists.", source.ARN, destination.ARN)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.AddAssociationOutput{SourceArn: source, DestinationArn: destination}, nil
}
