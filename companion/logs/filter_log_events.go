package logs

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	api "github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
)

// maxScan bounds the messages that one request looks at, in bytes. A pattern
// that matches nothing gives empty pages with a nextToken, as in AWS.
const maxScan = 16 << 20

// FilterLogEvents answers events of several streams of a group, interleaved by
// time, that match a pattern.
func (s *Service) FilterLogEvents(ctx context.Context, in *api.FilterLogEventsInput) (*api.FilterLogEventsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	name, err := group(scope, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != nil {
		return nil, invalid("logStreamNames and logStreamNamePrefix cannot both be given: remove one of them.")
	}
	match, err := parseFilter(aws.Val(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	var after *position
	if in.NextToken != nil {
		after = &position{}
		if err := decode(in.NextToken, after); err != nil {
			return nil, err
		}
	}
	var streams []logstream.Stream
	err = s.view(ctx, scope, name, func(tx *store.Tx) error {
		streams, err = s.streams(tx, scope, name, in.LogStreamNames, aws.Val(in.LogStreamNamePrefix))
		return err
	})
	if err != nil {
		return nil, err
	}
	m, err := newMerge(streams, in.StartTime, in.EndTime, after)
	if err != nil {
		return nil, err
	}
	out := &api.FilterLogEventsOutput{Events: []*api.FilteredLogEvent{}, SearchedLogStreams: []*api.SearchedLogStream{}}
	limit := bound(in.Limit, maxEvents)
	scanned, size := 0, 0
	for {
		stream, e, ok, err := m.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return out, nil
		}
		cost := len(e.Message) + logstream.EventOverhead
		hit := match.matches(e.Message)
		if n := len(out.Events); scanned > maxScan || hit && (n == limit || n > 0 && size+cost > maxBytes) {
			out.NextToken = encode(*after)
			return out, nil
		}
		scanned += cost
		after = &position{Time: e.Time.UnixMilli(), Stream: stream, Next: e.Next}
		if !hit {
			continue
		}
		size += cost
		ms := aws.Ptr(e.Time.UnixMilli())
		out.Events = append(out.Events, &api.FilteredLogEvent{
			LogStreamName: aws.Ptr(stream), Timestamp: ms, IngestionTime: ms,
			Message: aws.Ptr(strings.Clone(e.Message)), EventId: aws.Ptr(eventID(stream, e)),
		})
	}
}

// streams are those that a request wants, by name.
func (s *Service) streams(tx *store.Tx, scope aws.Scope, group string, names []string, prefix string) ([]logstream.Stream, error) {
	if len(names) == 0 {
		return s.catalog.Streams(tx, scope, group, prefix, logstream.Ascending, "", 0)
	}
	var out []logstream.Stream
	seen := map[string]bool{}
	for _, n := range names {
		path, err := s.catalog.Path(tx, scope, group, n)
		if errors.Is(err, logstream.ErrNoSuchStream) {
			return nil, errNoStream()
		}
		if err != nil {
			return nil, err
		}
		if !seen[n] {
			out = append(out, logstream.Stream{Group: group, Name: n, Path: path})
		}
		seen[n] = true
	}
	return out, nil
}

// eventID is a number that no other event of the group has, the same each time.
func eventID(stream string, e logstream.Event) string {
	h := fnv.New64a()
	h.Write([]byte(stream))
	return fmt.Sprintf("%016d%020d%020d", e.Time.UnixMilli(), h.Sum64(), e.Offset)
}
