package monitoring

import (
	"context"
	"slices"
	"strings"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// alarmsPage is how many alarms one answer holds unless MaxRecords says otherwise.
const alarmsPage = 50

// DescribeAlarms lists alarms by name, as they are now. There are no composite
// alarms.
func (s *Service) DescribeAlarms(ctx context.Context, in *api.DescribeAlarmsInput) (*api.DescribeAlarmsOutput, error) {
	if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
		return nil, invalidCombination("ChildrenOfAlarmName and ParentsOfAlarmName are about composite alarms, which are not supported.")
	}
	if in.AlarmNamePrefix != nil && in.AlarmNames != nil {
		return nil, exclusive("AlarmNamePrefix", "AlarmNames")
	}
	out := &api.DescribeAlarmsOutput{MetricAlarms: []*api.MetricAlarm{}, CompositeAlarms: []*api.CompositeAlarm{}}
	if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, api.AlarmTypeMetricAlarm) {
		return out, nil
	}
	scope := aws.ScopeFrom(ctx)
	if err := s.refreshScope(ctx, scope, in.AlarmNames); err != nil {
		return nil, err
	}
	limit := alarmsPage
	if in.MaxRecords != nil {
		limit = int(*in.MaxRecords)
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		rows, err := alarms.List(tx, scope, store.Query{SortBy: store.ByName, Status: string(in.StateValue)})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !wantsAlarm(in, r) {
				continue
			}
			if len(out.MetricAlarms) == limit {
				out.NextToken = out.MetricAlarms[limit-1].AlarmName
				break
			}
			out.MetricAlarms = append(out.MetricAlarms, describeAlarm(r))
		}
		return nil
	})
	return out, err
}

// wantsAlarm says whether an alarm belongs to the answer.
func wantsAlarm(in *api.DescribeAlarmsInput, r *alarmRow) bool {
	action := func(arn string) bool { return strings.HasPrefix(arn, aws.Val(in.ActionPrefix)) }
	c := &r.Body.Config
	switch {
	case in.NextToken != nil && r.Name <= *in.NextToken,
		in.AlarmNames != nil && !slices.Contains(in.AlarmNames, r.Name),
		!strings.HasPrefix(r.Name, aws.Val(in.AlarmNamePrefix)):
		return false
	}
	return in.ActionPrefix == nil || slices.ContainsFunc(c.AlarmActions, action) || slices.ContainsFunc(c.OKActions, action) || slices.ContainsFunc(c.InsufficientDataActions, action)
}

// refreshScope evaluates these alarms of an account and region, all for nil.
func (s *Service) refreshScope(ctx context.Context, scope aws.Scope, names []string) error {
	if names == nil {
		err := s.db.View(ctx, func(tx *store.Tx) error {
			rows, err := alarms.List(tx, scope, store.Query{SortBy: store.ByName})
			for _, r := range rows {
				names = append(names, r.Name)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.refresh(ctx, scope, names)
}
