package lineage

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// RecordEndpoint notes a deployment: an action to which the endpoint's models,
// images and packages contributed, associated with the endpoint's context (QL-9).
func (s *Service) RecordEndpoint(tx *store.Tx, scope aws.Scope, e graph.Endpoint) error {
	row := newAction(scope, named("%s-%d-aws-endpoint", e.Name, tx.Now.UnixMilli()), graph.TypeModelDeployment, e.ARN, sagemaker.ActionStatus(e.Status))
	deployment, err := ensure(tx, actions, row)
	if err != nil {
		return err
	}
	if err := contribute(tx, scope, e.Contributions, deployment); err != nil {
		return err
	}
	endpoint, err := ensure(tx, contexts, newContext(scope, named("%s-%d-aws-endpoint", e.Name, e.CreatedAt.Unix()), graph.TypeEndpoint, e.ARN))
	if err != nil {
		return err
	}
	return graph.Ensure(tx, graph.Association{Source: deployment, Destination: endpoint, Type: graph.AssociatedWith})
}
