package endpoint

import (
	"context"
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateEndpoint brings another configuration to life beside the one that serves,
// and lets it take its place when all its instances are healthy (UpdateEndpoint-1,
// Deploy-1): no request is lost. When it does not become healthy, what served goes
// on serving.
func (s *Service) UpdateEndpoint(ctx context.Context, in *sagemaker.UpdateEndpointInput) (*sagemaker.UpdateEndpointOutput, error) {
	scope := aws.ScopeFrom(ctx)
	if err := s.checkDeployment(ctx, scope, in.DeploymentConfig); err != nil {
		return nil, err
	}
	var fleet *Fleet
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		r, err := endpoints.Find(tx, scope, *in.EndpointName)
		if err == nil {
			err = may(update, r)
		}
		if err == nil {
			fleet, err = s.newFleet(tx, scope, 0, *in.EndpointConfigName)
		}
		return err
	})
	if err == nil {
		err = s.placed(ctx, fleet)
	}
	if err != nil {
		return nil, err
	}
	r, err := endpoints.Change(ctx, s.Base, *in.EndpointName, func(tx *store.Tx, r *row) error {
		e := &r.Body
		if err := may(update, r); err != nil {
			return err
		}
		if *e.Fleet.Config.EndpointConfigName == *in.EndpointConfigName {
			return aws.Invalid("Cannot update endpoint %q with the endpoint configuration %s, which it has already. Make another configuration.", r.ARN, *in.EndpointConfigName)
		}
		if err := s.checkComponents(tx, r, fleet); err != nil {
			return err
		}
		fresh := *fleet
		fresh.Variants = slices.Clone(fleet.Variants)
		e.Generations++
		fresh.Generation = e.Generations
		if aws.Val(in.RetainAllVariantProperties) {
			retain(&fresh, e.Fleet, in.ExcludeRetainedVariantProperties)
		}
		d := &Deployment{StartedAt: tx.Now, Config: in.DeploymentConfig}
		if aws.Val(in.RetainDeploymentConfig) && in.DeploymentConfig == nil {
			d.Config = e.LastDeployment
		}
		if err := e.begin(&fresh, d); err != nil {
			return err
		}
		if err := fire(update, e, tx.Now); err != nil {
			return err
		}
		r.Status = string(e.Status)
		return s.enqueue(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateEndpointOutput{EndpointArn: &r.ARN}, nil
}

// retain gives the variants of a new fleet the weights and counts of those of the
// same name that serve, and what is captured, each unless it is excluded
// (UpdateEndpoint-1).
func retain(fresh, old *Fleet, excluded []*sagemaker.VariantProperty) {
	keeps := func(t sagemaker.VariantPropertyType) bool {
		return !slices.ContainsFunc(excluded, func(p *sagemaker.VariantProperty) bool { return p.VariantPropertyType == t })
	}
	for i := range fresh.Variants {
		v := &fresh.Variants[i]
		was := old.variant(v.Name)
		if was == nil {
			continue
		}
		if keeps(sagemaker.VariantPropertyTypeDesiredInstanceCount) {
			v.DesiredCount = was.Count
		}
		if keeps(sagemaker.VariantPropertyTypeDesiredWeight) {
			v.Weight, v.DesiredWeight = was.Weight, was.Weight
		}
	}
	if keeps(sagemaker.VariantPropertyTypeDataCaptureConfig) {
		fresh.Config.DataCaptureConfig = old.Config.DataCaptureConfig
	}
}
