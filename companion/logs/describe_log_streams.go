package logs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	api "github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
)

// streamToken is the last stream of a page; Time orders by last event.
type streamToken struct {
	Name string
	Time int64 `json:",omitzero"`
}

// DescribeLogStreams lists a group's streams by name or by their last event.
func (s *Service) DescribeLogStreams(ctx context.Context, in *api.DescribeLogStreamsInput) (*api.DescribeLogStreamsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	name, err := group(scope, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var after streamToken
	if err := decode(in.NextToken, &after); err != nil {
		return nil, err
	}
	prefix := aws.Val(in.LogStreamNamePrefix)
	limit := bound(in.Limit, maxDescribe)
	byTime := in.OrderBy == api.OrderByLastEventTime
	if byTime && prefix != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix: order by LogStreamName, or leave the prefix out.")
	}
	order := logstream.Ascending
	if aws.Val(in.Descending) {
		order = logstream.Descending
	}
	var streams []logstream.Stream
	err = s.view(ctx, scope, name, func(tx *store.Tx) error {
		if byTime {
			streams, err = s.catalog.Streams(tx, scope, name, "", logstream.Ascending, "", 0)
		} else {
			// One more than asked for tells whether there is a next page.
			streams, err = s.catalog.Streams(tx, scope, name, prefix, order, after.Name, limit+1)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if byTime {
		return byLastEvent(scope, streams, order, after, in.NextToken != nil, limit)
	}
	out := &api.DescribeLogStreamsOutput{LogStreams: []*api.LogStream{}}
	for i, st := range streams {
		if i == limit {
			out.NextToken = encode(streamToken{Name: streams[i-1].Name})
			break
		}
		described, err := describe(scope, st)
		if err != nil {
			return nil, err
		}
		out.LogStreams = append(out.LogStreams, described)
	}
	return out, nil
}

// byLastEvent answers a page of all streams, ordered by their last event; those
// without one by their creation.
func byLastEvent(scope aws.Scope, streams []logstream.Stream, order logstream.Order, after streamToken, paged bool, limit int) (*api.DescribeLogStreamsOutput, error) {
	type entry struct {
		key streamToken
		out *api.LogStream
	}
	compare := func(a, b streamToken) int {
		c := cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.Name, b.Name))
		if order == logstream.Descending {
			return -c
		}
		return c
	}
	var all []entry
	for _, st := range streams {
		described, err := describe(scope, st)
		if err != nil {
			return nil, err
		}
		at := described.LastEventTimestamp
		if at == nil {
			at = described.CreationTime
		}
		e := entry{streamToken{st.Name, *at}, described}
		if !paged || compare(e.key, after) > 0 {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return compare(a.key, b.key) })
	out := &api.DescribeLogStreamsOutput{LogStreams: []*api.LogStream{}}
	for i, e := range all {
		if i == limit {
			out.NextToken = encode(all[i-1].key)
			break
		}
		out.LogStreams = append(out.LogStreams, e.out)
	}
	return out, nil
}

// describe is one stream as the API shows it. StoredBytes is 0 as it is in AWS.
func describe(scope aws.Scope, st logstream.Stream) (*api.LogStream, error) {
	span, err := logstream.SpanOf(st.Path)
	if err != nil {
		return nil, err
	}
	out := &api.LogStream{
		LogStreamName: aws.Ptr(st.Name),
		CreationTime:  aws.Ptr(st.CreatedAt.UnixMilli()),
		Arn:           aws.Ptr(streamARN(scope, st.Group, st.Name)),
		StoredBytes:   aws.Ptr(int64(0)),
	}
	if span.Size > 0 {
		out.FirstEventTimestamp = aws.Ptr(span.First.UnixMilli())
		out.LastEventTimestamp = aws.Ptr(span.Last.UnixMilli())
		out.LastIngestionTime = out.LastEventTimestamp
	}
	return out, nil
}
