package monitoring

import (
	"context"
	"slices"
	"strconv"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeAlarmHistory lists what happened to alarms, the latest first unless ScanBy
// says otherwise. The last hundred entries of each alarm are kept.
func (s *Service) DescribeAlarmHistory(ctx context.Context, in *api.DescribeAlarmHistoryInput) (*api.DescribeAlarmHistoryOutput, error) {
	skip := 0
	if in.NextToken != nil {
		n, err := strconv.Atoi(*in.NextToken)
		if err != nil || n < 1 {
			return nil, aws.Errorf(aws.InvalidNextToken, "The value of parameter NextToken is invalid: pass the token of the previous answer.")
		}
		skip = n
	}
	var names []string
	if in.AlarmName != nil {
		names = []string{*in.AlarmName}
	}
	scope := aws.ScopeFrom(ctx)
	if err := s.refreshScope(ctx, scope, names); err != nil {
		return nil, err
	}
	var items []*api.AlarmHistoryItem
	err := s.db.View(ctx, func(tx *store.Tx) error {
		rows, err := alarms.List(tx, scope, store.Query{SortBy: store.ByName})
		for _, r := range rows {
			if in.AlarmName == nil || r.Name == *in.AlarmName {
				items = append(items, history(in, r)...)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(items, func(a, b *api.AlarmHistoryItem) int { return a.Timestamp.Compare(*b.Timestamp) })
	if in.ScanBy != api.ScanByTimestampAscending {
		slices.Reverse(items)
	}
	limit := maxHistory
	if in.MaxRecords != nil {
		limit = int(*in.MaxRecords)
	}
	items = items[min(skip, len(items)):]
	out := &api.DescribeAlarmHistoryOutput{AlarmHistoryItems: all(items[:min(limit, len(items))])}
	if len(items) > limit {
		out.NextToken = aws.Ptr(strconv.Itoa(skip + limit))
	}
	return out, nil
}

// history is what of an alarm's history is asked for.
func history(in *api.DescribeAlarmHistoryInput, r *alarmRow) (items []*api.AlarmHistoryItem) {
	if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, api.AlarmTypeMetricAlarm) {
		return nil
	}
	for _, e := range r.Body.History {
		if in.HistoryItemType != "" && e.Type != in.HistoryItemType || in.StartDate != nil && e.At.Before(*in.StartDate) || in.EndDate != nil && e.At.After(*in.EndDate) {
			continue
		}
		items = append(items, &api.AlarmHistoryItem{
			AlarmName: &r.Name, AlarmType: api.AlarmTypeMetricAlarm, Timestamp: &e.At, HistoryItemType: e.Type, HistorySummary: &e.Summary, HistoryData: aws.Optional(e.Data),
		})
	}
	return items
}
