package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// pageSize is how many elements a page has.
const pageSize = 100

// ListTopics lists the topics by name.
func (s *Service) ListTopics(ctx context.Context, in *api.ListTopicsInput) (*api.ListTopicsOutput, error) {
	list, next, err := page(ctx, s, topics, "ListTopics", "", in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &api.ListTopicsOutput{Topics: []*api.Topic{}, NextToken: next}
	for _, r := range list {
		out.Topics = append(out.Topics, &api.Topic{TopicArn: &r.ARN})
	}
	return out, nil
}

// page is one page of a list in order of name, and the token of the next.
func page[T any](ctx context.Context, s *Service, table store.Table[T], operation, parent string, token *string) (list []*store.Row[T], next *string, err error) {
	scope := aws.ScopeFrom(ctx)
	q := store.Query{SortBy: store.ByName, Parent: parent, Limit: pageSize + 1}
	if aws.Val(token) != "" {
		q.After = &store.Cursor{}
		if err := s.Tokens.Open(*token, q.After, scope, operation, parent); err != nil {
			return nil, nil, invalid("NextToken Reason: it is not one of this list.")
		}
	}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		list, err = table.List(tx, scope, q)
		return err
	})
	if err != nil || len(list) <= pageSize {
		return list, nil, err
	}
	list = list[:pageSize]
	sealed, err := s.Tokens.Seal(store.CursorOf(list[pageSize-1], q.SortBy), scope, operation, parent)
	return list, &sealed, err
}
