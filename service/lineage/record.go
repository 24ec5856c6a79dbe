package lineage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// ensureArtifact is the vertex of the artifact of a URI: that which is there, or
// a new one. There is one for each URI, whoever made it first and as what
// (QL-8, QL-9).
func ensureArtifact(tx *store.Tx, scope aws.Scope, data graph.Data) (*graph.Vertex, error) {
	row := newArtifact(scope, &sagemaker.ArtifactSource{SourceUri: &data.URI}, data.Type)
	return ensure(tx, artifacts, row)
}

// ensure is the vertex of an entity that appears by itself, made unless it is
// there.
func ensure[B any](tx *store.Tx, k kind[B], row *store.Row[B]) (*graph.Vertex, error) {
	v, err := graph.Find(tx, row.Scope, k.ARN(row.Scope, row.Name))
	if errors.Is(err, store.ErrNotFound) {
		return k.create(tx, nil, row, nil, false)
	}
	return v, err
}

// contribute associates each of data with v.
func contribute(tx *store.Tx, scope aws.Scope, data []graph.Data, v *graph.Vertex) error {
	for _, d := range data {
		source, err := ensureArtifact(tx, scope, d)
		if err != nil {
			return err
		}
		if err := graph.Ensure(tx, graph.Association{Source: source, Destination: v, Type: graph.ContributedTo}); err != nil {
			return err
		}
	}
	return nil
}

// actionStatus is the status of an action that is over once it is recorded.
const actionStatus = sagemaker.ActionStatusCompleted

// newAction is the row of an action on the resource with that ARN.
func newAction(scope aws.Scope, name, typ, arn string, status sagemaker.ActionStatus) *actionRow {
	return &actionRow{Scope: scope, Name: name, Status: typ, Parent: uriDigest(arn), Body: Action{
		Source: &sagemaker.ActionSource{SourceUri: &arn, SourceType: aws.Ptr(sourceARN)}, ActionStatus: status,
	}}
}

// newContext is the row of the context of the resource with that ARN.
func newContext(scope aws.Scope, name, typ, arn string) *contextRow {
	return &contextRow{Scope: scope, Name: name, Status: typ, Parent: uriDigest(arn), Body: Context{
		Source: &sagemaker.ContextSource{SourceUri: &arn, SourceType: aws.Ptr(sourceARN)},
	}}
}

// sourceARN is the type of sources that are resources.
const sourceARN = "ARN"

// named cuts a name that would be longer than names are.
func named(format string, args ...any) string {
	name := fmt.Sprintf(format, args...)
	if len(name) > 120 {
		name = strings.TrimLeft(name[len(name)-120:], "-_")
	}
	return name
}
