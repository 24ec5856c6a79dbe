package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateEndpointWeightsAndCapacities changes how the requests are shared among the
// variants, and how many instances they have (Weights-1). The weights hold once
// the instances are there. When they cannot be had, the old values come back
// (DescribeEndpoint-2).
func (s *Service) UpdateEndpointWeightsAndCapacities(ctx context.Context, in *sagemaker.UpdateEndpointWeightsAndCapacitiesInput) (*sagemaker.UpdateEndpointWeightsAndCapacitiesOutput, error) {
	r, err := endpoints.Change(ctx, s.Base, *in.EndpointName, func(tx *store.Tx, r *row) error {
		e := &r.Body
		if err := may(update, r); err != nil {
			return err
		}
		e.Deployment = &Deployment{StartedAt: tx.Now, Before: map[string]Capacity{}}
		for _, d := range in.DesiredWeightsAndCapacities {
			v := e.Fleet.variant(*d.VariantName)
			if v == nil {
				return aws.Invalid("The endpoint %q has no variant %s.", r.ARN, *d.VariantName)
			}
			if _, twice := e.Deployment.Before[v.Name]; twice {
				return aws.Invalid("The variant %s is named twice.", v.Name)
			}
			e.Deployment.Before[v.Name] = Capacity{Weight: v.Weight, Count: v.Count, Next: v.Next}
			if err := resizeServerless(e, v, d); err != nil {
				return err
			}
			if d.DesiredWeight != nil {
				v.DesiredWeight = *d.DesiredWeight
			}
			if d.DesiredInstanceCount != nil {
				v.DesiredCount = int(*d.DesiredInstanceCount)
				if v.DesiredCount > len(v.Replicas) { // those that are too many go when the change is done
					e.Fleet.resize(v, v.DesiredCount)
				}
			}
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
	return &sagemaker.UpdateEndpointWeightsAndCapacitiesOutput{EndpointArn: &r.ARN}, nil
}

// resizeServerless takes over what is asked of a serverless variant, and refuses what
// does not fit the variant's kind.
func resizeServerless(e *Endpoint, v *Variant, d *sagemaker.DesiredWeightAndCapacity) error {
	switch {
	case v.Serverless == nil && d.ServerlessUpdateConfig != nil:
		return aws.Invalid("The variant %s is not serverless, so that it takes no ServerlessUpdateConfig.", v.Name)
	case v.Serverless == nil:
		return nil
	case d.DesiredInstanceCount != nil:
		return aws.Invalid("The variant %s is serverless, so that it has no DesiredInstanceCount. Give it a ServerlessUpdateConfig.", v.Name)
	}
	before := v.Serverless.Current
	e.Deployment.Before[v.Name] = Capacity{v.Weight, v.Count, v.Next, &before}
	if d.ServerlessUpdateConfig == nil {
		return nil
	}
	if err := v.Serverless.change(v.Name, d.ServerlessUpdateConfig); err != nil {
		return err
	}
	if n := v.Serverless.provisioned(); n > len(v.Replicas) {
		e.Fleet.resize(v, n)
	}
	return nil
}
