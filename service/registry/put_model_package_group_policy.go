package registry

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// PutModelPackageGroupPolicy sets the group's resource policy, a JSON text (Co-4).
// It is kept and answered; it opens nothing, because accounts are isolated.
func (s *Service) PutModelPackageGroupPolicy(ctx context.Context, in *sagemaker.PutModelPackageGroupPolicyInput) (*sagemaker.PutModelPackageGroupPolicyOutput, error) {
	if err := checkPolicy(*in.ResourcePolicy); err != nil {
		return nil, err
	}
	g, err := groups.Change(ctx, s.Base, *in.ModelPackageGroupName, func(_ *store.Tx, g *groupRow) error {
		g.Body.Policy = *in.ResourcePolicy
		return nil
	})
	if err != nil {
		return nil, noGroup(err)
	}
	return &sagemaker.PutModelPackageGroupPolicyOutput{ModelPackageGroupArn: &g.ARN}, nil
}

// checkPolicy refuses what is no policy document. What its statements say is not
// looked at.
func checkPolicy(text string) error {
	var policy struct{ Statement any }
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return aws.Invalid("The ResourcePolicy is not a JSON object: %s.", err)
	}
	switch policy.Statement.(type) {
	case []any, map[string]any:
		return nil
	}
	return aws.Invalid("The ResourcePolicy is not a policy document: it has no Statement.")
}

// noGroup puts the words that clients of the policy operations search for before
// the refusal of a group that does not exist (Gen-3).
func noGroup(err error) error {
	var e *aws.Error
	if errors.As(err, &e) && strings.Contains(e.Message, "does not exist") {
		return aws.Invalid("Cannot find Model Package Group. %s", e.Message)
	}
	return err
}
