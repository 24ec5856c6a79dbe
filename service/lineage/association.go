package lineage

import (
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

// findEnds are the source and the destination of an association.
func findEnds(tx *store.Tx, scope aws.Scope, source, destination string) (s, d *graph.Vertex, err error) {
	if s, err = findVertex(tx, scope, source); err != nil {
		return nil, nil, err
	}
	d, err = findVertex(tx, scope, destination)
	return s, d, err
}

// ofExperiment says whether v is an experiment or a part of one.
func ofExperiment(v *graph.Vertex) bool {
	return v.Kind == graph.Experiment || v.Kind == graph.TrialComponent
}
