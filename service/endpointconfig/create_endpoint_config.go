package endpointconfig

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateEndpointConfig records an endpoint configuration. Its models must exist
// (CreateEndpointConfig-1), and whoever reads it next sees it (CreateEndpointConfig-2).
func (s *Service) CreateEndpointConfig(ctx context.Context, in *sagemaker.CreateEndpointConfigInput) (*sagemaker.CreateEndpointConfigOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if e := in.ExplainerConfig; e != nil && s.CheckExplainer != nil {
		if err := s.CheckExplainer(e.ClarifyExplainerConfig); err != nil {
			return nil, err
		}
	}
	setDefaults(in)
	tags := in.Tags
	in.Tags = nil // they live with the tags of all resources, and change there
	scope := aws.ScopeFrom(ctx)
	r := &row{Scope: scope, Name: *in.EndpointConfigName, Body: EndpointConfig{Request: *in}}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		for _, v := range variants(in) {
			if v.ModelName == nil {
				continue
			}
			traits, err := s.Models.ModelTraits(tx, scope, *v.ModelName)
			if err != nil {
				return err
			}
			if err := checkModel(in, v, traits); err != nil {
				return err
			}
		}
		if in.ExecutionRoleArn != nil {
			if err := s.Roles.EnsureRole(tx, scope, *in.ExecutionRoleArn); err != nil {
				return err
			}
		}
		return configs.Create(tx, s.Quotas, r, tags)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateEndpointConfigOutput{EndpointConfigArn: &r.ARN}, nil
}
