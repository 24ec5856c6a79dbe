package monitoring

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxTags is how many tags an alarm may have.
const maxTags = 50

// TagResource adds tags to an alarm, or gives those that it has other values.
func (s *Service) TagResource(ctx context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	err := s.changeTags(ctx, aws.Val(in.ResourceARN), func(tags map[string]string) error {
		for _, t := range in.Tags {
			tags[aws.Val(t.Key)] = aws.Val(t.Value)
		}
		if len(tags) > maxTags {
			return invalidValue("The alarm would have %d tags, and %d are allowed.", len(tags), maxTags)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.TagResourceOutput{}, nil
}

// changeTags changes the tags of the alarm with an ARN.
func (s *Service) changeTags(ctx context.Context, arn string, f func(tags map[string]string) error) error {
	name, err := alarmOf(aws.ScopeFrom(ctx), arn)
	if err != nil {
		return err
	}
	err = s.changeAlarm(ctx, name, func(_ *store.Tx, a *Alarm) error {
		if a.Tags == nil {
			a.Tags = map[string]string{}
		}
		return f(a.Tags)
	})
	if aws.CodeOf(err) == aws.ResourceNotFound {
		return unknownResource(arn)
	}
	return err
}
