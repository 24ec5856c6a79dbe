package inferencecomponent

import (
	"log/slog"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// taskRun is the kind of the task that a component has for as long as it exists.
const taskRun = "inference-component/run"

// DefaultWait is how long a change waits for room on the instances before it fails.
const DefaultWait = 5 * time.Minute

// Models knows the models.
type Models interface {
	// ForEndpoint is what a model runs; a ValidationException when there is none.
	ForEndpoint(tx *store.Tx, scope aws.Scope, name string) (replica.Model, error)
}

// Endpoints knows the endpoints.
type Endpoints interface {
	// Host is an endpoint by name; a ValidationException when there is none.
	Host(tx *store.Tx, scope aws.Scope, name string) (*Host, error)
	// RouteComponent lets requests find the copies of a component; nil lets them find
	// it no more. No request enters another copy once it has returned.
	RouteComponent(scope aws.Scope, endpoint, component string, v *proxy.Variant)
}

// Host is an endpoint as its components see it.
type Host struct {
	ARN string
	// Status is the endpoint's, and Gone says that with it it takes no components.
	Status string
	Gone   bool
	// RoleARN is whom the copies act as, and Isolated ones reach nothing and nobody.
	RoleARN  string
	Isolated bool
	// Variants are those that take components.
	Variants map[string]Variant
}

// Variant is one that hosts components.
type Variant struct {
	InstanceType string
	Instances    int
	Routing      proxy.Routing
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks     *task.Queue
	Models    Models
	Endpoints Endpoints
	// Machine is where the copies live.
	Machine *replica.Machine
	Logger  *slog.Logger
	Now     func() time.Time
	// Dir holds what the copies' containers see as /opt/ml.
	Dir string
	// Wait is how long a change waits for room; 0 takes DefaultWait.
	Wait time.Duration
}

// Service implements the operations of inference components.
type Service struct {
	Config
	mu sync.Mutex
	// managed are the components that this server drives, each with the channel that
	// tells its manager that something has changed.
	managed map[work]chan struct{}
}

// maxComponents bounds the components that this server drives at once.
const maxComponents = 10_000

// New makes the service and registers its task handler.
func New(c Config) *Service {
	if c.Wait <= 0 {
		c.Wait = DefaultWait
	}
	s := &Service{Config: c, managed: map[work]chan struct{}{}}
	c.Tasks.Handle(taskRun, task.HandlerOptions{Concurrency: maxComponents}, s.run)
	return s
}

// work names a component in its task.
type work struct{ Account, Region, Name string }

func workOf(r *row) work        { return work{r.Scope.Account, r.Scope.Region, r.Name} }
func (w work) scope() aws.Scope { return aws.Scope{Account: w.Account, Region: w.Region} }
func (w work) key() string      { return w.Account + "/" + w.Region + "/" + w.Name }

// enqueue adds the component's task, or has it run once more, and wakes whoever runs
// it now.
func (s *Service) enqueue(tx *store.Tx, r *row) error {
	w := workOf(r)
	tx.OnCommit(func() { s.wake(w) })
	return s.Tasks.Add(tx, task.Spec{Kind: taskRun, Key: w.key(), Payload: w})
}

// wake tells the component's manager that its row has changed.
func (s *Service) wake(w work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tell(s.managed[w])
}

// wakeOthers tells all managers but one that instances may have room.
func (s *Service) wakeOthers(but work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w, c := range s.managed {
		if w != but {
			tell(c)
		}
	}
}

// tell never waits: one message that is unread says as much as two.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
