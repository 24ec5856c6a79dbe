package autoscaling

import (
	"context"
	"errors"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxPolicies is how many a target has.
const maxPolicies = 50

// PutScalingPolicy gives a target a policy, or replaces the one of that name. With it
// come the alarms of target tracking; what the policy remembers of earlier changes
// stays.
func (s *Service) PutScalingPolicy(ctx context.Context, in *api.PutScalingPolicyInput) (*api.PutScalingPolicyOutput, error) {
	r, err := readResource(in.ServiceNamespace, *in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	scope := aws.ScopeFrom(ctx)
	var row *store.Row[policy]
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := registered(tx, scope, r); err != nil {
			return err
		}
		others, err := of(tx, policies, scope, r.key())
		if err != nil {
			return err
		}
		row = nil
		for i, o := range others {
			if o.Body.Name == *in.PolicyName {
				row, others = o, append(others[:i:i], others[i+1:]...)
				break
			}
		}
		if row == nil {
			if len(others) == maxPolicies {
				return errLimit("scaling policies", maxPolicies)
			}
			row = &store.Row[policy]{Scope: scope, Name: child(r, *in.PolicyName), Parent: r.key(), Body: policy{Resource: r, Name: *in.PolicyName},
				ARN: arn(scope, "autoscaling", "scalingPolicy:"+newID()+":"+r.suffix()+":policyName/"+*in.PolicyName)}
		}
		if err := s.take(in, &row.Body, others); err != nil {
			return err
		}
		if err := put(tx, policies, row); err != nil {
			return err
		}
		return s.enqueue(tx, scope, r.key())
	})
	if err != nil {
		return nil, err
	}
	alarms, err := s.putAlarms(ctx, row)
	if err != nil {
		return nil, err
	}
	return &api.PutScalingPolicyOutput{PolicyARN: &row.ARN, Alarms: alarms}, nil
}

// take fills a policy from a request, or refuses it.
func (s *Service) take(in *api.PutScalingPolicyInput, p *policy, others []*store.Row[policy]) error {
	switch {
	case in.PolicyType != "":
		p.Type = in.PolicyType
	case p.Type == "":
		p.Type = api.PolicyTypeStepScaling // AWS's default
	}
	switch t, st := in.TargetTrackingScalingPolicyConfiguration, in.StepScalingPolicyConfiguration; p.Type {
	case api.PolicyTypeTargetTrackingScaling:
		if t == nil || st != nil {
			return aws.Invalid("A policy of the type TargetTrackingScaling has a TargetTrackingScalingPolicyConfiguration, and no StepScalingPolicyConfiguration.")
		}
		p.Target, p.Step = t, nil
		return checkTracking(p.Resource, t, others)
	case api.PolicyTypeStepScaling:
		if st == nil || t != nil {
			return aws.Invalid("A policy of the type StepScaling has a StepScalingPolicyConfiguration, and no TargetTrackingScalingPolicyConfiguration. Its type is StepScaling unless PolicyType says otherwise.")
		}
		p.Target, p.Step = nil, st
		return s.checkSteps(st)
	}
	return aws.Invalid("The policy type %s is not known.", p.Type)
}

// putAlarms makes the alarms that show what target tracking waits for, and notes them
// with the policy.
func (s *Service) putAlarms(ctx context.Context, row *store.Row[policy]) ([]*api.Alarm, error) {
	if s.Alarms == nil {
		return nil, nil
	}
	before := row.Body.Alarms
	var made []*api.Alarm
	if row.Body.Type == api.PolicyTypeTargetTrackingScaling {
		for i, a := range row.Body.tracking(row.ARN) {
			if i < len(before) {
				a.Name = *before[i].AlarmName
			}
			arn, err := s.Alarms.Put(ctx, row.Scope, a)
			if err != nil {
				return nil, err
			}
			made = append(made, &api.Alarm{AlarmName: &a.Name, AlarmARN: &arn})
		}
	}
	var useless []string
	for _, a := range before[min(len(made), len(before)):] {
		useless = append(useless, *a.AlarmName)
	}
	if err := s.dropAlarms(ctx, row.Scope, useless); err != nil {
		return nil, err
	}
	gone := false
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh, err := policies.Get(tx, row.Scope, row.Name)
		if gone = errors.Is(err, store.ErrNotFound); gone {
			return nil
		} else if err != nil {
			return err
		}
		fresh.Body.Alarms = made
		return policies.Update(tx, fresh)
	})
	if err == nil && gone { // deleted meanwhile, so that nobody else removes them
		var names []string
		for _, a := range made {
			names = append(names, *a.AlarmName)
		}
		err = s.dropAlarms(ctx, row.Scope, names)
	}
	return made, err
}
