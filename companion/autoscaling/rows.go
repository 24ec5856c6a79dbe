package autoscaling

import (
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// target is what is stored of a scalable target, under its resource's key.
type target struct {
	Resource  resource
	Min, Max  int
	RoleARN   string
	Suspended api.SuspendedState
	// Change is under way, nil for none.
	Change *change `json:",omitempty"`
	// Changed is when the last change ended, Grown when the last that added instances
	// did; zero for never.
	Changed, Grown time.Time
}

// change is a number of instances that was decided on.
type change struct {
	decision
	// Activity is the name of its row.
	Activity string
	From     int
	// Sent says that the endpoint has taken it.
	Sent bool
}

// policy is what is stored of a scaling policy; its parent is the target.
type policy struct {
	Resource resource
	Name     string
	Type     api.PolicyType
	Target   *api.TargetTrackingScalingPolicyConfiguration `json:",omitempty"`
	Step     *api.StepScalingPolicyConfiguration           `json:",omitempty"`
	Alarms   []*api.Alarm                                  `json:",omitempty"`
	// State and Memory are what target tracking and steps remember.
	State  scaling.State
	Memory scaling.Memory
}

// action is what is stored of a scheduled action; its parent is the target.
type action struct {
	Resource           resource
	Name               string
	Schedule, Timezone string
	Start, End         *time.Time `json:",omitempty"`
	Min, Max           *int32     `json:",omitempty"`
	// Anchor is where a rate counts from.
	Anchor time.Time
	// Next is when it is due, zero for never again.
	Next time.Time
}

// activity is what is stored of a scaling activity.
type activity struct {
	Resource           resource
	Description, Cause string
	Started            time.Time
	Ended              *time.Time `json:",omitempty"`
	Status             api.ScalingActivityStatusCode
	Message            string `json:",omitempty"`
}

var (
	targets    = store.NewTable[target]("scalable-target")
	policies   = store.NewTable[policy]("scaling-policy")
	actions    = store.NewTable[action]("scheduled-scaling")
	activities = store.NewTable[activity]("scaling-activity")
)

// child is the name of a row that belongs to a target.
func child(r resource, name string) string { return r.key() + "|" + name }

// registered is the target of a resource that a request names.
func registered(tx *store.Tx, scope aws.Scope, r resource) (*store.Row[target], error) {
	row, err := targets.Get(tx, scope, r.key())
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNotRegistered(r)
	}
	return row, err
}

// of are the rows of a table that belong to a target, by name.
func of[B any](tx *store.Tx, table store.Table[B], scope aws.Scope, key string) ([]*store.Row[B], error) {
	return table.List(tx, scope, store.Query{SortBy: store.ByName, Parent: key})
}

// put stores a row under a name, new or in place of the one that is there.
func put[B any](tx *store.Tx, table store.Table[B], row *store.Row[B]) error {
	if row.Rev > 0 {
		return table.Update(tx, row)
	}
	return table.Insert(tx, row)
}

// drop removes a target with all that belongs to it but its activities. It answers the
// names of the alarms that are to go too.
func drop(tx *store.Tx, row *store.Row[target]) (alarms []string, err error) {
	list, err := of(tx, policies, row.Scope, row.Name)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		alarms = append(alarms, p.Body.alarms()...)
	}
	return alarms, errors.Join(
		policies.DeleteChildren(tx, row.Scope, row.Name), actions.DeleteChildren(tx, row.Scope, row.Name),
		store.DropTags(tx, row.Scope, row.ARN), targets.Delete(tx, row.Scope, row.Name))
}

// alarms are the names of the policy's.
func (p *policy) alarms() (names []string) {
	for _, a := range p.Alarms {
		names = append(names, *a.AlarmName)
	}
	return names
}
