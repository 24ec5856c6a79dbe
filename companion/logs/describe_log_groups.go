package logs

import (
	"context"
	"os"
	"slices"
	"strings"

	api "github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeLogGroups lists the groups by name.
func (s *Service) DescribeLogGroups(ctx context.Context, in *api.DescribeLogGroupsInput) (*api.DescribeLogGroupsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	prefix, pattern := aws.Val(in.LogGroupNamePrefix), aws.Val(in.LogGroupNamePattern)
	if prefix != "" && pattern != "" {
		return nil, invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters: remove one of them.")
	}
	var after string
	if err := decode(in.NextToken, &after); err != nil {
		return nil, err
	}
	out := &api.DescribeLogGroupsOutput{LogGroups: []*api.LogGroup{}}
	if len(in.AccountIdentifiers) > 0 && !slices.Contains(in.AccountIdentifiers, scope.Account) ||
		in.LogGroupClass != "" && in.LogGroupClass != api.LogGroupClassStandard {
		return out, nil
	}
	limit := bound(in.Limit, maxDescribe)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out.LogGroups, out.NextToken = []*api.LogGroup{}, nil
		groups, err := s.catalog.Groups(tx, scope, prefix, after, 0)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if !strings.Contains(g.Name, pattern) {
				continue
			}
			if len(out.LogGroups) == limit {
				out.NextToken = encode(*out.LogGroups[limit-1].LogGroupName)
				return nil
			}
			streams, err := s.catalog.Streams(tx, scope, g.Name, "", logstream.Ascending, "", 0)
			if err != nil {
				return err
			}
			out.LogGroups = append(out.LogGroups, &api.LogGroup{
				LogGroupName:      aws.Ptr(g.Name),
				CreationTime:      aws.Ptr(g.CreatedAt.UnixMilli()),
				Arn:               aws.Ptr(groupARN(scope, g.Name)),
				MetricFilterCount: aws.Ptr(int32(0)),
				StoredBytes:       aws.Ptr(storedBytes(streams)),
				LogGroupClass:     api.LogGroupClassStandard,
			})
		}
		return nil
	})
	return out, err
}

// storedBytes is the size of the streams' files.
func storedBytes(streams []logstream.Stream) (n int64) {
	for _, st := range streams {
		if info, err := os.Stat(st.Path); err == nil {
			n += info.Size()
		}
	}
	return n
}
