package autoscaling

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// TagResource sets tags of a scalable target.
func (s *Service) TagResource(ctx context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return &api.TagResourceOutput{}, s.DB.Update(ctx, func(tx *store.Tx) error {
		row, err := byARN(tx, aws.ScopeFrom(ctx), *in.ResourceARN)
		if err != nil {
			return err
		}
		return tag(tx, row, in.Tags)
	})
}

// byARN is the target of that ARN.
func byARN(tx *store.Tx, scope aws.Scope, arn string) (*store.Row[target], error) {
	row, err := targets.GetByARN(tx, scope, arn)
	if errors.Is(err, store.ErrNotFound) {
		return nil, aws.Errorf(aws.ResourceNotFoundException, "There is no scalable target with the ARN %s. Tags are on scalable targets only.", arn)
	}
	return row, err
}

// tag sets tags of a target, which has at most kit.MaxTags.
func tag(tx *store.Tx, row *store.Row[target], tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return aws.Invalid("The tag key %q starts with aws:, a prefix that is reserved.", key)
		}
	}
	all, err := store.Tags(tx, row.Scope, row.ARN)
	if err != nil {
		return err
	}
	maps.Copy(all, tags)
	if len(all) > kit.MaxTags {
		return aws.Errorf(aws.TooManyTagsException, "A scalable target has at most %d tags; this one would have %d.", kit.MaxTags, len(all))
	}
	return store.AddTags(tx, row.Scope, row.ARN, tags)
}
