package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// ListAssociations lists associations, the youngest first unless told otherwise;
// all filters have to hold, and time bounds are inclusive (Assoc-1, Assoc-2,
// AddAssociation-5). A source or destination that does not exist is refused
// (Gen-2).
func (s *Service) ListAssociations(ctx context.Context, in *sagemaker.ListAssociationsInput) (*sagemaker.ListAssociationsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	list := graph.List{
		SourceType: aws.Val(in.SourceType), DestinationType: aws.Val(in.DestinationType), Type: string(in.AssociationType),
		CreatedAfter: aws.Val(in.CreatedAfter), CreatedBefore: aws.Val(in.CreatedBefore),
		SortBy: associationOrder(in.SortBy), Descending: in.SortOrder != sagemaker.SortOrderAscending,
	}
	limit := 10
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	list.Limit = limit + 1
	filters := *in
	filters.NextToken, filters.MaxResults = nil, nil
	if in.NextToken != nil {
		list.After = new(graph.Cursor)
		if err := s.Tokens.Open(*in.NextToken, list.After, scope, "ListAssociations", filters); err != nil {
			return nil, err
		}
	}
	var rows []*graph.Listed
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		if in.SourceArn != nil {
			if list.Source, err = findVertex(tx, scope, *in.SourceArn); err != nil {
				return err
			}
		}
		if in.DestinationArn != nil {
			if list.Destination, err = findVertex(tx, scope, *in.DestinationArn); err != nil {
				return err
			}
		}
		rows, err = graph.Associations(tx, scope, list)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &sagemaker.ListAssociationsOutput{}
	if len(rows) > limit {
		rows = rows[:limit]
		token, err := s.Tokens.Seal(rows[limit-1].Cursor(list.SortBy), scope, "ListAssociations", filters)
		if err != nil {
			return nil, err
		}
		out.NextToken = &token
	}
	out.AssociationSummaries = kit.Map(rows, func(r *graph.Listed) *sagemaker.AssociationSummary {
		return &sagemaker.AssociationSummary{
			SourceArn: &r.Source.ARN, SourceType: aws.Optional(r.Source.ListedType()), SourceName: aws.Optional(r.Source.Name),
			DestinationArn: &r.Destination.ARN, DestinationType: aws.Optional(r.Destination.ListedType()), DestinationName: aws.Optional(r.Destination.Name),
			AssociationType: sagemaker.AssociationEdgeType(r.Type), CreationTime: &r.CreatedAt, CreatedBy: &sagemaker.UserContext{},
		}
	})
	return out, nil
}

// associationOrder is the order of a SortBy; the default is by creation.
func associationOrder(by sagemaker.SortAssociationsBy) graph.SortBy {
	switch by {
	case sagemaker.SortAssociationsBySourceArn:
		return graph.BySourceARN
	case sagemaker.SortAssociationsByDestinationArn:
		return graph.ByDestinationARN
	case sagemaker.SortAssociationsBySourceType:
		return graph.BySourceType
	case sagemaker.SortAssociationsByDestinationType:
		return graph.ByDestinationType
	}
	return graph.ByCreated
}
