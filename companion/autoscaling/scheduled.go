package autoscaling

import (
	"fmt"
	"slices"
	"strings"
	"time"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// nextAction is when the next scheduled action of a target is due; zero for never.
func nextAction(tx *store.Tx, t *store.Row[target]) (next time.Time, err error) {
	list, err := of(tx, actions, t.Scope, t.Name)
	for _, row := range list {
		if at := row.Body.Next; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, err
}

// runActions sets the limits that scheduled actions ask for by now, in the order in
// which they were due. What came due while no server ran is done once, late. least is
// how few instances there may be.
func (s *Service) runActions(tx *store.Tx, t *store.Row[target], least int) (ran bool, err error) {
	list, err := of(tx, actions, t.Scope, t.Name)
	if err != nil {
		return false, err
	}
	slices.SortFunc(list, func(a, b *store.Row[action]) int { return a.Body.Next.Compare(b.Body.Next) })
	for _, row := range list {
		if at := row.Body.Next; at.IsZero() || at.After(tx.Now) {
			continue
		}
		if !aws.Val(t.Body.Suspended.ScheduledScalingSuspended) {
			if err := t.Body.run(tx, t.Scope, &row.Body, least); err != nil {
				return ran, err
			}
		}
		when, zone, err := row.Body.schedule()
		if err != nil { // a zone that this machine does not have
			s.Logger.Warn("a scheduled action runs no more", "action", row.ARN, "error", err)
			row.Body.Next = time.Time{}
		} else {
			row.Body.Next = row.Body.following(when, zone, tx.Now)
		}
		if err := actions.Update(tx, row); err != nil {
			return ran, err
		}
		ran = true
	}
	return ran, nil
}

// run sets the limits of one action, with its activity.
func (t *target) run(tx *store.Tx, scope aws.Scope, a *action, least int) error {
	low, high := t.Min, t.Max
	var set []string
	if a.Min != nil {
		low = int(*a.Min)
		set = append(set, fmt.Sprintf("min capacity to %d", low))
	}
	if a.Max != nil {
		high = int(*a.Max)
		set = append(set, fmt.Sprintf("max capacity to %d", high))
	}
	what := strings.Join(set, " and ")
	did := activity{Resource: t.Resource, Description: "Setting " + what, Cause: "scheduled action name " + a.Name + " was triggered",
		Status: api.ScalingActivityStatusCodeSuccessful, Message: "Successfully set " + what, Ended: &tx.Now}
	if err := checkLimits(low, high, least); err != nil {
		did.Status, did.Message = api.ScalingActivityStatusCodeFailed, "Failed to set "+what+". Reason: "+err.Message
	} else {
		t.Min, t.Max = low, high
	}
	_, err := begin(tx, scope, did)
	return err
}
