package endpoint

import (
	"log/slog"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// taskRun is the kind of the task that an endpoint has for as long as it exists.
const taskRun = "endpoint/run"

// logGroup is where the lines of an endpoint's containers go (Host-8).
func logGroup(name string) string { return "/aws/sagemaker/Endpoints/" + name }

// Configs knows the endpoint configurations.
type Configs interface {
	// Configuration is one by name, with all defaults filled in; a ValidationException
	// when there is none.
	Configuration(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.CreateEndpointConfigInput, error)
}

// Models knows the models.
type Models interface {
	// ForEndpoint is what a model runs; a ValidationException when there is none.
	ForEndpoint(tx *store.Tx, scope aws.Scope, name string) (replica.Model, error)
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks   *task.Queue
	Configs Configs
	Models  Models
	// Baselines are the objects that explainers compare with.
	Baselines Baselines
	// Lineage notes what endpoints were deployed from; nil for nobody.
	Lineage Lineage
	// Machine is where the replicas live.
	Machine *replica.Machine
	// Components are the inference components that endpoints host; nil for none.
	Components Components
	// Alarms watch over deployments; nil where there are none.
	Alarms Alarms
	// Routes is where the requests find the replicas.
	Routes *proxy.Table
	// Limits hold for the requests of every endpoint.
	Limits proxy.Limits
	// Captures is where the data path records the requests of endpoints that want it.
	Captures *Captures
	// ServerlessIdle is how long serverless variants keep an instance that has
	// nothing to do; 0 takes DefaultServerlessIdle.
	ServerlessIdle time.Duration
	Logger         *slog.Logger
	Now            func() time.Time
	// Dir holds one directory an endpoint: what its containers see as /opt/ml.
	Dir string
}

// Service implements the endpoint operations.
type Service struct {
	Config
	mu sync.Mutex
	// managed are the endpoints that this server drives, each with the channel that
	// tells its manager that the row has changed.
	managed map[work]chan struct{}
	// routed are the endpoints that are in Routes, without their components.
	routed routed
	// used is what their replicas used since somebody last asked.
	used map[proxy.Key]map[string][]replica.Utilization
}

// maxEndpoints bounds the endpoints that this server drives at once.
const maxEndpoints = 10_000

// New makes the service and registers its task handler.
func New(c Config) *Service {
	if c.ServerlessIdle <= 0 {
		c.ServerlessIdle = DefaultServerlessIdle
	}
	s := &Service{Config: c, managed: map[work]chan struct{}{}, routed: newRouted(), used: map[proxy.Key]map[string][]replica.Utilization{}}
	c.Tasks.Handle(taskRun, task.HandlerOptions{Concurrency: maxEndpoints}, s.run)
	return s
}

// work names an endpoint in its task.
type work struct{ Account, Region, Name string }

func workOf(r *row) work        { return work{r.Scope.Account, r.Scope.Region, r.Name} }
func (w work) scope() aws.Scope { return aws.Scope{Account: w.Account, Region: w.Region} }
func (w work) key() string      { return w.Account + "/" + w.Region + "/" + w.Name }

// enqueue adds the endpoint's task, or has it run once more, and wakes whoever
// runs it now.
func (s *Service) enqueue(tx *store.Tx, r *row) error {
	w := workOf(r)
	tx.OnCommit(func() { s.wake(w) })
	return s.Tasks.Add(tx, task.Spec{Kind: taskRun, Key: w.key(), Payload: w})
}

// wake tells the endpoint's manager, if it is on this server, that the row has
// changed.
func (s *Service) wake(w work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.managed[w]; c != nil {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
