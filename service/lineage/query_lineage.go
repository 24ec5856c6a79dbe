package lineage

import (
	"context"

	walk "github.com/sagebrush/sagebrush/algo/lineage"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// The depth and the page size where the request has none, which are the most
// that it may ask for, too (QL-3, QL-7).
const (
	maxDepth = 10
	maxPage  = 50
)

// QueryLineage walks from an entity to what led to it, to what it led to, or both
// (QL-1 … QL-7). With edges the answer also has the entities on the way to those
// that match the filters, the start among them, and all associations between the
// entities that are answered. Without a start it goes through all entities.
func (s *Service) QueryLineage(ctx context.Context, in *sagemaker.QueryLineageInput) (*sagemaker.QueryLineageOutput, error) {
	scope := aws.ScopeFrom(ctx)
	q, filter, err := plan(in)
	if err != nil {
		return nil, err
	}
	binding := *in
	binding.NextToken, binding.MaxResults = nil, nil
	if in.NextToken != nil {
		q.After = new(walk.Place)
		if err := s.Tokens.Open(*in.NextToken, q.After, scope, "QueryLineage", binding); err != nil {
			return nil, err
		}
	}
	out := &sagemaker.QueryLineageOutput{}
	var next *walk.Place
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		page, err := find(tx, scope, in.StartArns, q, filter)
		if err != nil {
			return err
		}
		next = page.Next
		out.Vertices, out.Edges, err = show(graph.Read(tx), scope, page)
		return err
	})
	if err == nil && next != nil {
		var token string
		token, err = s.Tokens.Seal(next, scope, "QueryLineage", binding)
		out.NextToken = &token
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// plan is the walk that a request asks for, and its filter.
func plan(in *sagemaker.QueryLineageInput) (walk.Query, *graph.Filter, error) {
	q := walk.Query{
		Up: in.Direction != sagemaker.DirectionDescendants, Down: in.Direction != sagemaker.DirectionAscendants,
		MaxDepth: maxDepth, Limit: maxPage, Paths: aws.Val(in.IncludeEdges),
	}
	for _, bound := range []struct {
		member string
		given  *int32
		into   *int
	}{{"MaxDepth", in.MaxDepth, &q.MaxDepth}, {"MaxResults", in.MaxResults, &q.Limit}} {
		if bound.given == nil {
			continue
		}
		if *bound.given < 1 {
			return q, nil, aws.Invalid("%s must be at least 1, got %d.", bound.member, *bound.given)
		}
		*bound.into = int(*bound.given)
	}
	filter := &graph.Filter{}
	if f := in.Filters; f != nil {
		filter.Types, filter.Properties = f.Types, f.Properties
		filter.Kinds = kit.Map(f.LineageTypes, func(t sagemaker.LineageType) graph.Kind { return graph.Kind(t) })
		filter.CreatedAfter, filter.CreatedBefore = aws.Val(f.CreatedAfter), aws.Val(f.CreatedBefore)
		filter.ModifiedAfter, filter.ModifiedBefore = aws.Val(f.ModifiedAfter), aws.Val(f.ModifiedBefore)
	}
	q.All = filter.Any()
	return q, filter, nil
}

// find is the page of a query.
func find(tx *store.Tx, scope aws.Scope, starts []string, q walk.Query, filter *graph.Filter) (*walk.Page, error) {
	if len(starts) == 0 {
		return scan(tx, scope, q, filter)
	}
	start, err := findVertex(tx, scope, starts[0])
	if err != nil {
		return nil, err
	}
	q.Start = start.ID
	return walk.Walk(filtered{graph.Read(tx), filter}, q)
}

// filtered is the graph with what a query wants of it.
type filtered struct {
	graph.Graph
	filter *graph.Filter
}

// Matching implements walk.Graph.
func (f filtered) Matching(ids []int64, limit int) ([]int64, error) {
	return f.Graph.Matching(f.filter, ids, limit)
}

// scan is a page of all entities that match. Without a start there are no ways,
// and so no edges.
func scan(tx *store.Tx, scope aws.Scope, q walk.Query, filter *graph.Filter) (*walk.Page, error) {
	after := int64(0)
	if q.After != nil {
		after = q.After.ID
	}
	ids, err := graph.Read(tx).Scan(scope, filter, after, q.Limit+1)
	page := &walk.Page{Entities: ids}
	if len(ids) > q.Limit {
		page.Entities = ids[:q.Limit]
		page.Next = &walk.Place{ID: ids[q.Limit-1]}
	}
	return page, err
}

// show is a page as the answer has it. Both lists are there when they are empty,
// because the SDK indexes them (QL-5).
func show(g graph.Graph, scope aws.Scope, page *walk.Page) ([]*sagemaker.Vertex, []*sagemaker.Edge, error) {
	vertices, edges := []*sagemaker.Vertex{}, []*sagemaker.Edge{}
	ids := page.Entities
	var associations []graph.Edge
	if page.Known != nil {
		var err error
		if associations, err = g.Edges(page.Entities, page.Known); err != nil {
			return nil, nil, err
		}
		ids = append([]int64{}, ids...)
		for _, e := range associations {
			ids = append(ids, e.Source, e.Destination)
		}
	}
	known, err := g.Vertices(scope, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range page.Entities {
		if v := known[id]; v.Kind != graph.Experiment { // QueryLineage has no type for it
			vertices = append(vertices, &sagemaker.Vertex{Arn: &v.ARN, Type: &v.Type, LineageType: sagemaker.LineageType(v.Kind)})
		}
	}
	for _, e := range associations {
		source, destination := known[e.Source], known[e.Destination]
		if source.Kind != graph.Experiment && destination.Kind != graph.Experiment {
			edges = append(edges, &sagemaker.Edge{
				SourceArn: &source.ARN, DestinationArn: &destination.ARN, AssociationType: sagemaker.AssociationEdgeType(e.Type),
			})
		}
	}
	return vertices, edges, nil
}
