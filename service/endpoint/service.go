package endpoint

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/run"
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
	ForEndpoint(tx *store.Tx, scope aws.Scope, name string) (Model, error)
}

// ModelData brings the data of models.
type ModelData interface {
	// Bring puts it into dir, which is then whole or does not exist. An error of the
	// data, not of ours, is a ValidationException.
	Bring(ctx context.Context, scope aws.Scope, from modeldata.Source, dir string) error
}

// Images resolves an image URI to a program and makes its environment.
type Images interface {
	image.Resolver
	Prepare(ctx context.Context, img image.Image, progress func(line string)) (image.Program, error)
}

// Containers runs programs in containers, and brings their images.
type Containers interface {
	run.Runner
	// Pull sees to it that the engine has the image, and answers its digest;
	// provider names the credentials of its registry, "" without. The error is a
	// sentence for the user.
	Pull(ctx context.Context, ref, provider string, progress func(line string)) (digest string, err error)
}

// Access lets the containers use this server as the model's role does.
type Access interface {
	// Variables are its environment, good for d; caBundle is the file with the
	// certificates to trust, as the program sees it.
	Variables(ctx context.Context, scope aws.Scope, roleARN, caBundle string, d time.Duration) (map[string]string, error)
	// CABundle is the content of that file.
	CABundle() ([]byte, error)
	// Address is the server's own TCP address on this machine.
	Address() string
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks   *task.Queue
	Configs Configs
	Models  Models
	Data    ModelData
	Images  Images
	// Runner runs programs as processes, Containers in containers; nil where there
	// is no engine.
	Runner     run.Runner
	Containers Containers
	// ContainersOnly runs every image in a container, also those that this server
	// has a program for.
	ContainersOnly bool
	Access         Access
	Streams        *logstream.Catalog
	// Routes is where the requests find the replicas.
	Routes *proxy.Table
	// Captures is where the data path records the requests of endpoints that want it.
	Captures *Captures
	Logger   *slog.Logger
	Now      func() time.Time
	// Dir holds one directory an endpoint: what its containers see as /opt/ml.
	Dir string
	// MemoryLimit caps what any container may use below its instance type's memory, 0
	// for no cap.
	MemoryLimit int64
}

// Service implements the endpoint operations.
type Service struct {
	Config
	mu sync.Mutex
	// managed are the endpoints that this server drives, each with the channel that
	// tells its manager that the row has changed.
	managed map[work]chan struct{}
}

// maxEndpoints bounds the endpoints that this server drives at once.
const maxEndpoints = 10_000

// New makes the service and registers its task handler.
func New(c Config) *Service {
	s := &Service{Config: c, managed: map[work]chan struct{}{}}
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
