package autoscaling

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// RegisterScalableTarget makes a variant scalable between two numbers of instances, or
// changes what is registered: what the request leaves out stays.
func (s *Service) RegisterScalableTarget(ctx context.Context, in *api.RegisterScalableTargetInput) (*api.RegisterScalableTargetOutput, error) {
	r, err := readResource(in.ServiceNamespace, *in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	scope := aws.ScopeFrom(ctx)
	v, err := s.Variants.Variant(ctx, scope, r.Endpoint, r.Variant)
	switch {
	case err != nil:
		return nil, err
	case v.Gone, !v.Found:
		return nil, aws.Invalid("No scalable resource found for service namespace: sagemaker, resource ID: %s, scalable dimension: %s. Create the endpoint first, and wait until it is in service.", r.ID, r.Dimension)
	case v.Serverless:
		return nil, aws.Invalid("The variant %s of the endpoint %s is serverless: it has no instances to scale.", r.Variant, r.Endpoint)
	}
	out := &api.RegisterScalableTargetOutput{}
	return out, s.DB.Update(ctx, func(tx *store.Tx) error {
		row, err := targets.Get(tx, scope, r.key())
		if errors.Is(err, store.ErrNotFound) {
			row, err = newTarget(scope, r, in)
		}
		if err != nil {
			return err
		}
		if err := row.Body.change(in, v); err != nil {
			return err
		}
		if err := put(tx, targets, row); err != nil {
			return err
		}
		if err := tag(tx, row, in.Tags); err != nil {
			return err
		}
		out.ScalableTargetARN = &row.ARN
		return s.enqueue(tx, scope, row.Name)
	})
}

// newTarget is a target that is not stored yet.
func newTarget(scope aws.Scope, r resource, in *api.RegisterScalableTargetInput) (*store.Row[target], error) {
	if in.MinCapacity == nil || in.MaxCapacity == nil {
		return nil, aws.Invalid("The resource %s is not registered yet: give both MinCapacity and MaxCapacity.", r.ID)
	}
	off := aws.Ptr(false)
	role := aws.ARN{Partition: aws.Partition(scope.Region), Service: "iam", Account: scope.Account,
		Resource: "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"}
	return &store.Row[target]{
		Scope: scope, Name: r.key(), ARN: arn(scope, "application-autoscaling", "scalable-target/"+strings.ToLower(rand.Text())),
		Body: target{Resource: r, RoleARN: role.String(), Suspended: api.SuspendedState{
			DynamicScalingInSuspended: off, DynamicScalingOutSuspended: off, ScheduledScalingSuspended: off,
		}},
	}, nil
}

// change takes up what a request says.
func (t *target) change(in *api.RegisterScalableTargetInput, v Variant) error {
	if in.MinCapacity != nil {
		t.Min = int(*in.MinCapacity)
	}
	if in.MaxCapacity != nil {
		t.Max = int(*in.MaxCapacity)
	}
	if in.RoleARN != nil {
		t.RoleARN = *in.RoleARN
	}
	if in.SuspendedState != nil {
		for to, from := range map[**bool]*bool{
			&t.Suspended.DynamicScalingInSuspended:  in.SuspendedState.DynamicScalingInSuspended,
			&t.Suspended.DynamicScalingOutSuspended: in.SuspendedState.DynamicScalingOutSuspended,
			&t.Suspended.ScheduledScalingSuspended:  in.SuspendedState.ScheduledScalingSuspended,
		} {
			if from != nil {
				*to = from
			}
		}
	}
	if err := checkLimits(t.Min, t.Max, v.least()); err != nil {
		return err
	}
	return nil
}

// least is how few instances the variant may have.
func (v Variant) least() int {
	if v.Async {
		return 0
	}
	return 1
}

// checkLimits refuses limits that cannot be.
func checkLimits(low, high, least int) *aws.Error {
	switch {
	case low < least && least > 0:
		return aws.Invalid("Minimum capacity cannot be less than %d: only variants of asynchronous endpoints may have no instance. It is %d.", least, low)
	case low < least:
		return aws.Invalid("Minimum capacity cannot be less than 0. It is %d.", low)
	case low > high:
		return aws.Invalid("Maximum capacity cannot be less than minimum capacity: they are %d and %d.", high, low)
	}
	return nil
}
