package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateEndpoint brings a configuration to life (CreateEndpoint-1): it answers at
// once, and the endpoint is InService when all instances of all its variants
// answer /ping, or Failed with the reason.
func (s *Service) CreateEndpoint(ctx context.Context, in *sagemaker.CreateEndpointInput) (*sagemaker.CreateEndpointOutput, error) {
	scope := aws.ScopeFrom(ctx)
	if err := s.checkDeployment(ctx, scope, in.DeploymentConfig); err != nil {
		return nil, err
	}
	var fleet *Fleet
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		fleet, err = s.newFleet(tx, scope, 1, *in.EndpointConfigName)
		return err
	})
	if err == nil {
		err = s.placed(ctx, fleet)
	}
	if err != nil {
		return nil, err
	}
	for i := range fleet.Variants {
		fleet.resize(&fleet.Variants[i], fleet.Variants[i].DesiredCount)
	}
	r := &row{Scope: scope, Name: *in.EndpointName, Status: string(creating), Body: Endpoint{
		Status: creating, Generations: 1, Fleet: fleet, Deployment: &Deployment{Config: in.DeploymentConfig},
	}}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		r.Body.Deployment.StartedAt = tx.Now
		if err := endpoints.Create(tx, s.Quotas, r, in.Tags); err != nil {
			return err
		}
		return s.enqueue(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateEndpointOutput{EndpointArn: &r.ARN}, nil
}
