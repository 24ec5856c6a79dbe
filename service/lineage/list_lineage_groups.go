package lineage

import (
	"context"
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// ListLineageGroups lists the one group of the account and region, if there is an
// entity. Time bounds are inclusive. No answer has a NextToken, so every token is
// refused (QL-10, QL-11, Gen-5).
func (s *Service) ListLineageGroups(ctx context.Context, in *sagemaker.ListLineageGroupsInput) (*sagemaker.ListLineageGroupsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	if in.NextToken != nil {
		var nothing struct{}
		if err := s.Tokens.Open(*in.NextToken, &nothing, scope, "ListLineageGroups"); err != nil {
			return nil, err
		}
	}
	out := &sagemaker.ListLineageGroupsOutput{LineageGroupSummaries: []*sagemaker.LineageGroupSummary{}}
	var created time.Time
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		created, err = graph.Group(tx, scope)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return out, nil
	case err != nil:
		return nil, err
	case in.CreatedAfter != nil && created.Before(*in.CreatedAfter), in.CreatedBefore != nil && created.After(*in.CreatedBefore):
		return out, nil
	}
	out.LineageGroupSummaries = append(out.LineageGroupSummaries, &sagemaker.LineageGroupSummary{
		LineageGroupName: aws.Ptr(graph.GroupName), LineageGroupArn: groupARN(scope), CreationTime: &created, LastModifiedTime: &created,
	})
	return out, nil
}
