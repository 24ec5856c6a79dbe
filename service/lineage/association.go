package lineage

import (
	"context"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// findVertex is the entity with that ARN; what belongs to another account or
// region does not exist here. Names in ARNs are the same in any letter case.
func findVertex(tx *store.Tx, scope aws.Scope, arn string) (*graph.Vertex, error) {
	if a, ok := aws.ParseARN(arn); ok {
		a.Resource = strings.ToLower(a.Resource)
		v, err := graph.Find(tx, scope, a.String())
		if !errors.Is(err, store.ErrNotFound) {
			return v, err
		}
	}
	return nil, aws.Errorf(aws.ResourceNotFound, "The lineage entity %s does not exist. Could not find it in account %s and region %s.", arn, scope.Account, scope.Region)
}

// changeBetween finds the source and the destination of an association and does
// change in the same transaction. It answers their ARNs as they are kept. change
// may run more than once.
func (s *Service) changeBetween(ctx context.Context, from, to string, change func(tx *store.Tx, source, destination *graph.Vertex) error) (sourceARN, destinationARN *string, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		source, err := findVertex(tx, scope, from)
		if err != nil {
			return err
		}
		destination, err := findVertex(tx, scope, to)
		if err != nil {
			return err
		}
		sourceARN, destinationARN = &source.ARN, &destination.ARN
		return change(tx, source, destination)
	})
	return sourceARN, destinationARN, err
}

// ofExperiment says whether v is an experiment or a part of one.
func ofExperiment(v *graph.Vertex) bool {
	return v.Kind == graph.Experiment || v.Kind == graph.TrialComponent
}
