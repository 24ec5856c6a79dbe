package autoscaling

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// DefaultPeriod is the minute by which AWS decides.
const DefaultPeriod = time.Minute

// Variants is where capacity is looked up and changed. Calls act for the account
// itself, not for a user of it.
type Variants interface {
	// Variant is what a variant has now.
	Variant(ctx context.Context, scope aws.Scope, endpoint, variant string) (Variant, error)
	// SetInstances asks for a number of instances. A refusal is an *aws.Error, whose
	// message becomes the activity's.
	SetInstances(ctx context.Context, scope aws.Scope, endpoint, variant string, count int) error
}

// Variant is a variant of an endpoint as scaling sees it.
type Variant struct {
	// Gone says that it does not exist, or soon will not.
	Gone bool
	// Found says that it is known: not while its endpoint is made.
	Found bool
	// Steady says that its endpoint is in service and may be changed.
	Steady bool
	// Instances are those that it is to have.
	Instances int
	// Serverless variants have no instances to scale; Async ones may have none.
	Serverless, Async bool
	// Reason is why the endpoint's last change failed, "" if it did not.
	Reason string
}

// Metrics is where metrics are read.
type Metrics interface {
	// Values are those of the query that returns data, for n periods that end at end,
	// the latest last, NaN for those in which nothing was reported.
	Values(ctx context.Context, scope aws.Scope, queries []*autoscaling.TargetTrackingMetricDataQuery, period time.Duration, end time.Time, n int) ([]float64, error)
}

// Alarms is where the alarms are on which step scaling acts, and where target tracking
// shows its own.
type Alarms interface {
	// Firing are the alarms in the state ALARM that have the policy among their actions.
	Firing(ctx context.Context, scope aws.Scope, policyARN string) ([]Firing, error)
	// Put makes an alarm, or makes it anew, and answers its ARN; Delete removes alarms.
	Put(ctx context.Context, scope aws.Scope, a Alarm) (arn string, err error)
	Delete(ctx context.Context, scope aws.Scope, names []string) error
}

// Firing is an alarm in the state ALARM.
type Firing struct {
	Name string
	// Beyond is the metric less the threshold.
	Beyond float64
}

// Alarm is one that target tracking shows.
type Alarm struct {
	Name, Description, Action string
	Queries                   []*autoscaling.TargetTrackingMetricDataQuery
	// Low alarms when the metric is below the threshold, otherwise above.
	Low       bool
	Threshold float64
	// Periods is for how many periods.
	Periods int
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks    *task.Queue
	Variants Variants
	Metrics  Metrics
	// Alarms is nil where there are none: step scaling is refused then.
	Alarms Alarms
	Logger *slog.Logger
	Now    func() time.Time
	// Period is how long a minute of AWS takes here, DefaultPeriod if 0.
	Period time.Duration
}

// Service implements the operations.
type Service struct{ Config }

// taskScale is the kind of the task that a scalable target has.
const taskScale = "autoscaling/target"

// New makes the service and registers its task handler.
func New(c Config) *Service {
	if c.Period <= 0 {
		c.Period = DefaultPeriod
	}
	s := &Service{c}
	c.Tasks.Handle(taskScale, task.HandlerOptions{}, s.scale)
	return s
}

// work names a target in its task.
type work struct{ Account, Region, Key string }

func (w work) scope() aws.Scope { return aws.Scope{Account: w.Account, Region: w.Region} }

// enqueue has the target looked at once more, now.
func (s *Service) enqueue(tx *store.Tx, scope aws.Scope, key string) error {
	w := work{scope.Account, scope.Region, key}
	return s.Tasks.Add(tx, task.Spec{Kind: taskScale, Key: w.Account + "/" + w.Region + "/" + key, Payload: w})
}

// cooldown is a policy's number of seconds in this server's time; 300 by default, as
// AWS has it for variants.
func (s *Service) cooldown(seconds *int32) time.Duration {
	n := 300 * time.Second
	if seconds != nil {
		n = time.Duration(*seconds) * time.Second
	}
	return time.Duration(math.Round(float64(n) * float64(s.Period) / float64(time.Minute)))
}
