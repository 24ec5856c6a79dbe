package asyncinference

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// taskDrive is the kind of the task that an endpoint has while requests wait.
const taskDrive = "async/drive"

// Endpoint is what is known of an endpoint at the moment.
type Endpoint struct {
	// CreatedAt tells it from an earlier one of the same name.
	CreatedAt time.Time
	// Refuses is why it takes no requests, "" while it does; Over says that it
	// never will again.
	Refuses string
	Over    bool
	// Config is nil for an endpoint that is not asynchronous.
	Config *sagemaker.AsyncInferenceConfig
}

// Endpoints knows the endpoints.
type Endpoints interface {
	// AsyncEndpoint is the endpoint of that name, nil when there is none.
	AsyncEndpoint(tx *store.Tx, scope aws.Scope, name string) (*Endpoint, error)
}

// Containers asks the containers of endpoints; a *proxy.Proxy does.
type Containers interface {
	Ask(ctx context.Context, q proxy.Question) (*proxy.Reply, error)
	// Capacity is how many requests an endpoint takes at a time, and by how many instances.
	Capacity(k proxy.Key) (requests, instances int)
}

// Objects is where requests and answers are; a blob.Store is one.
type Objects interface {
	GetBucket(ctx context.Context, name string) (blob.Bucket, error)
	Get(ctx context.Context, bucket, key string, r *blob.Range) (io.ReadCloser, blob.Info, error)
	Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error)
}

// Topics takes notifications.
type Topics interface {
	// Notify sends a message to a topic, once the transaction is committed. A topic
	// that does not exist takes nothing, and that is no error.
	Notify(tx *store.Tx, scope aws.Scope, topicARN, message string) error
}

// Measures publishes what the queues do.
type Measures interface {
	// Publish reports values of an endpoint's metrics.
	Publish(ctx context.Context, scope aws.Scope, endpoint string, values []Value) error
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Tasks      *task.Queue
	Endpoints  Endpoints
	Containers Containers
	Objects    Objects
	Topics     Topics
	// Measures is nil where nobody measures.
	Measures Measures
	// Streams is nil where nothing is logged.
	Streams *logstream.Catalog
	// ForeignRegions says that the buckets' regions are not this server's.
	ForeignRegions bool
	Logger         *slog.Logger
	Now            func() time.Time
}

// Service implements InvokeEndpointAsync.
type Service struct {
	Config
	mu sync.Mutex
	// driven are the endpoints whose requests this server drives, each with the
	// channel that tells of a new one.
	driven map[work]chan struct{}
}

// maxDriven bounds the endpoints whose queues this server drives at once.
const maxDriven = 10_000

// New makes the service and registers its task handler.
func New(c Config) *Service {
	s := &Service{Config: c, driven: map[work]chan struct{}{}}
	c.Tasks.Handle(taskDrive, task.HandlerOptions{Concurrency: maxDriven}, s.drive)
	return s
}

// work names an endpoint in its task.
type work struct{ Account, Region, Endpoint string }

func (w work) scope() aws.Scope { return aws.Scope{Account: w.Account, Region: w.Region} }
func (w work) key() string      { return w.Account + "/" + w.Region + "/" + w.Endpoint }
func (w work) route() proxy.Key { return proxy.Key{Scope: w.scope(), Name: w.Endpoint} }

// wake tells the driver of an endpoint, if it is on this server, of a new request.
func (s *Service) wake(w work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	signal(s.driven[w])
}

// signal puts an element into c unless one is there; a nil c takes none.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
