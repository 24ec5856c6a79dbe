package endpoint

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// newFleet makes a fleet of a configuration, without replicas yet.
func (s *Service) newFleet(tx *store.Tx, scope aws.Scope, generation int, configName string) (*Fleet, error) {
	c, err := s.Configs.Configuration(tx, scope, configName)
	if err != nil {
		return nil, err
	}
	f := &Fleet{Generation: generation, Config: *c}
	for _, list := range [][]*sagemaker.ProductionVariant{c.ProductionVariants, c.ShadowProductionVariants} {
		for _, v := range list {
			var model replica.Model // none of a variant that hosts inference components
			if v.ModelName != nil {
				if model, err = s.Models.ForEndpoint(tx, scope, *v.ModelName); err != nil {
					return nil, err
				}
			}
			onDemand, count := serverless(v), 0
			if onDemand != nil {
				count = onDemand.first()
			} else {
				count = int(*v.InitialInstanceCount)
			}
			f.Variants = append(f.Variants, Variant{
				Name: *v.VariantName, Shadow: len(f.Variants) >= len(c.ProductionVariants), Model: model,
				Weight: aws.Val(v.InitialVariantWeight), DesiredWeight: aws.Val(v.InitialVariantWeight), DesiredCount: count, Serverless: onDemand,
			})
		}
	}
	return f, nil
}

// placed decides where the containers of a fleet run, and brings what explains their
// answers. It asks the images and the objects, which is why it stands outside of
// transactions.
func (s *Service) placed(ctx context.Context, f *Fleet) error {
	for i := range f.Variants {
		if err := s.Machine.Place(ctx, &f.Variants[i].Model); err != nil {
			return err
		}
		if err := s.checkDumps(f, &f.Variants[i]); err != nil {
			return err
		}
	}
	return s.explained(ctx, f)
}

// may refuses what an endpoint in that status cannot do now (DescribeEndpoint-3).
func may(t transition, r *row) error {
	for _, from := range t.From {
		if r.Body.Status == from {
			return nil
		}
	}
	if r.Body.Status == failed {
		return aws.Invalid("The endpoint %q has failed, so that it can only be deleted: %s", r.ARN, strings.TrimSuffix(r.Body.FailureReason, "."))
	}
	return aws.Invalid("Cannot update in-progress endpoint %q.", r.ARN)
}
