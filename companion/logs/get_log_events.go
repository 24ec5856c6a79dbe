package logs

import (
	"context"
	"errors"
	"slices"
	"time"

	api "github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
)

// GetLogEvents answers a page of one stream: the newest events, or with
// startFromHead the oldest, or what lies before or behind a token.
func (s *Service) GetLogEvents(ctx context.Context, in *api.GetLogEventsInput) (*api.GetLogEventsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	name, err := group(scope, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var path string
	err = s.view(ctx, scope, name, func(tx *store.Tx) error {
		path, err = s.catalog.Path(tx, scope, name, aws.Val(in.LogStreamName))
		if errors.Is(err, logstream.ErrNoSuchStream) {
			return errNoStream()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	from, to, err := window(path, in.StartTime, in.EndTime)
	if err != nil {
		return nil, err
	}
	direction, at := backward, to
	if aws.Val(in.StartFromHead) {
		direction, at = forward, from
	}
	if in.NextToken != nil {
		if direction, at, err = parseOffsetToken(*in.NextToken); err != nil {
			return nil, err
		}
	}
	limit := bound(in.Limit, maxEvents)
	var events []logstream.Event
	if direction == forward {
		events, err = logstream.Read(path, max(at, from), limit, maxBytes)
		if i := slices.IndexFunc(events, func(e logstream.Event) bool { return e.Offset >= to }); i >= 0 {
			events = events[:i]
		}
	} else {
		events, err = logstream.ReadBackward(path, min(at, to), limit, maxBytes)
		i := slices.IndexFunc(events, func(e logstream.Event) bool { return e.Offset >= from })
		if i < 0 {
			i = len(events)
		}
		events = events[i:]
	}
	if err != nil {
		return nil, err
	}
	out := &api.GetLogEventsOutput{
		Events:            []*api.OutputLogEvent{},
		NextForwardToken:  offsetToken(forward, at),
		NextBackwardToken: offsetToken(backward, at),
	}
	for _, e := range events {
		ms := aws.Ptr(e.Time.UnixMilli())
		out.Events = append(out.Events, &api.OutputLogEvent{Timestamp: ms, IngestionTime: ms, Message: aws.Ptr(e.Message)})
	}
	if n := len(events); n > 0 {
		out.NextForwardToken = offsetToken(forward, events[n-1].Next)
		out.NextBackwardToken = offsetToken(backward, events[0].Offset)
	}
	return out, nil
}

// window is the range of offsets that lies in a range of times: from the first
// event at or after start to the first at or after end. Without an end it is
// open, so that it holds what is written meanwhile.
func window(path string, start, end *int64) (from, to int64, err error) {
	if start != nil {
		if from, err = logstream.SeekTime(path, time.UnixMilli(*start)); err != nil {
			return 0, 0, err
		}
	}
	if end != nil {
		to, err = logstream.SeekTime(path, time.UnixMilli(*end))
		return from, to, err
	}
	span, err := logstream.SpanOf(path)
	if err != nil {
		return 0, 0, err
	}
	return from, span.Size, nil
}
