package monitoring

import (
	"context"
	"maps"
	"slices"
	"strings"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ListTagsForResource lists an alarm's tags in order of key.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	scope := aws.ScopeFrom(ctx)
	name, err := alarmOf(scope, aws.Val(in.ResourceARN))
	if err != nil {
		return nil, err
	}
	out := &api.ListTagsForResourceOutput{Tags: []*api.Tag{}}
	return out, s.db.View(ctx, func(tx *store.Tx) error {
		r, err := findAlarm(tx, scope, name)
		switch {
		case err != nil:
			return err
		case r == nil:
			return unknownResource(aws.Val(in.ResourceARN))
		}
		for _, k := range slices.Sorted(maps.Keys(r.Body.Tags)) {
			out.Tags = append(out.Tags, &api.Tag{Key: aws.Ptr(k), Value: aws.Ptr(r.Body.Tags[k])})
		}
		return nil
	})
}

// alarmOf is the name of the alarm of the caller's that an ARN names.
func alarmOf(scope aws.Scope, arn string) (string, error) {
	name, ok := strings.CutPrefix(arn, alarmARN(scope, ""))
	if !ok || name == "" {
		return "", unknownResource(arn)
	}
	return name, nil
}

func unknownResource(arn string) error {
	return aws.Errorf(aws.ResourceNotFoundException, "There is no alarm with the ARN %s; other resources have no tags here.", arn)
}
