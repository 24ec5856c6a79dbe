package monitoring

import (
	"context"
	"errors"
	"slices"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// later is how many periods more than EvaluationPeriods are looked at.
const later = 2

// refresh evaluates alarms and keeps the states that are others now.
func (s *Service) refresh(ctx context.Context, scope aws.Scope, names []string) error {
	var changed []string
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for _, name := range names {
			r, err := findAlarm(tx, scope, name)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			moved, err := evaluate(tx, r)
			if err != nil {
				return err
			}
			if moved {
				changed = append(changed, name)
			}
		}
		return nil
	})
	if err != nil || len(changed) == 0 {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		for _, name := range changed {
			r, err := findAlarm(tx, scope, name)
			if err != nil || r == nil {
				return err
			}
			moved, err := evaluate(tx, r)
			if err == nil && moved {
				err = saveAlarm(tx, r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// evaluate puts an alarm into the state that its data say, and says whether that is
// another one.
func evaluate(tx *store.Tx, r *alarmRow) (moved bool, err error) {
	a := &r.Body
	if tx.Now.Before(a.HeldUntil) {
		return false, nil
	}
	period := a.period()
	points, err := a.points(tx, r.Scope, period)
	if err != nil {
		return false, err
	}
	v := judge(&a.Config, points)
	if v.retain || v.state == a.State {
		return false, nil
	}
	a.enter(tx.Now, v.state, v.reason(&a.Config), v.data(&a.Config, period, tx.Now))
	return true, nil
}

// period is what an alarm's values are taken over: its own, or the longest of its
// metrics'.
func (a *Alarm) period() time.Duration {
	if a.Config.Period != nil {
		return time.Duration(*a.Config.Period) * time.Second
	}
	longest := int32(1)
	for _, q := range a.Config.Metrics {
		if q.MetricStat != nil {
			longest = max(longest, aws.Val(q.MetricStat.Period))
		}
	}
	return time.Duration(longest) * time.Second
}

// points are the values of an alarm's last periods. The present period counts as soon
// as it has a value, unless more of it could only make that good: a Sum that is too
// small may grow.
func (a *Alarm) points(tx *store.Tx, scope aws.Scope, period time.Duration) ([]alarmPoint, error) {
	n := int(*a.Config.EvaluationPeriods) + later
	step := period.Microseconds()
	present := floor(store.Micros(tx.Now), step)
	start := present - int64(n)*step
	in := &api.GetMetricDataInput{StartTime: aws.Ptr(store.FromMicros(start)), EndTime: aws.Ptr(store.FromMicros(present + step)), MetricDataQueries: a.queries()}
	queries, err := readQueries(in, scope.Account)
	if err != nil {
		return nil, err
	}
	e := &evaluation{tx: tx, scope: scope, in: in, queries: map[string]*query{}, done: map[string][]point{}, open: map[string]bool{}}
	watched := ""
	for _, q := range queries {
		e.queries[q.id] = q
		if q.returned {
			watched = q.id
		}
	}
	series, err := e.series(watched)
	if err != nil {
		return nil, err
	}
	list := make([]alarmPoint, n+1)
	for i := range list {
		list[i].at = store.FromMicros(start + int64(i)*step)
	}
	for _, p := range series {
		if i := (p.at - start) / step; i >= 0 && i < int64(len(list)) {
			list[i].value, list[i].there = p.value, true
		}
	}
	if !list[n].there || a.grows() {
		list = list[:n]
	}
	return list, nil
}

// grows says whether a value that is beyond the threshold may not be when its period
// is over.
func (a *Alarm) grows() bool {
	return (a.Config.Statistic == api.StatisticSum || a.Config.Statistic == api.StatisticSampleCount) &&
		(a.Config.ComparisonOperator == api.ComparisonOperatorLessThanThreshold || a.Config.ComparisonOperator == api.ComparisonOperatorLessThanOrEqualToThreshold)
}

// queries are what an alarm watches, as GetMetricData asks for it.
func (a *Alarm) queries() []*api.MetricDataQuery {
	c := &a.Config
	if len(c.Metrics) > 0 {
		return c.Metrics
	}
	name := string(c.Statistic)
	if c.ExtendedStatistic != nil {
		name = *c.ExtendedStatistic
	}
	return []*api.MetricDataQuery{{Id: aws.Ptr("m"), MetricStat: &api.MetricStat{
		Metric: &api.Metric{Namespace: c.Namespace, MetricName: c.MetricName, Dimensions: c.Dimensions}, Period: c.Period, Stat: &name, Unit: c.Unit,
	}}}
}

// Watch evaluates all alarms every so often until ctx ends, so that their states and
// histories are right when nobody asks. The error of a round is handed to failed.
func (s *Service) Watch(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.refreshAll(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrStale) {
			failed(err)
		}
	}
}

// refreshAll evaluates the alarms of all accounts and regions.
func (s *Service) refreshAll(ctx context.Context) error {
	found := map[aws.Scope][]string{}
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		rows, err := tx.Query("select account, region, name from resource where kind = $1", alarms.Kind())
		if err != nil {
			return err
		}
		defer func() { err = closing(rows.Close, err) }()
		for rows.Next() {
			var scope aws.Scope
			var name string
			if err := rows.Scan(&scope.Account, &scope.Region, &name); err != nil {
				return err
			}
			found[scope] = append(found[scope], name)
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	for scope, names := range found {
		for some := range slices.Chunk(names, 100) {
			if err := s.refresh(ctx, scope, some); err != nil {
				return err
			}
		}
	}
	return nil
}
