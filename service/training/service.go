package training

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sagebrush/sagebrush/algo/capacity"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// Kinds of task.
const (
	taskRun     = "training/run"     // runs a job from where it stands to its end
	taskLimit   = "training/limit"   // ends a job at a limit of its StoppingCondition
	taskRelease = "training/release" // ends a stopped job that no server had begun
	taskCool    = "training/cool"    // ends a warm pool that nobody took
)

// LogGroup is where every training job's lines go (TrainContainer-12).
const LogGroup = "/aws/sagemaker/TrainingJobs"

// Images resolves an image URI to a program and makes its environment.
type Images interface {
	Resolve(ctx context.Context, uri string) (image.Image, error)
	Prepare(ctx context.Context, img image.Image, progress func(line string)) (image.Program, error)
}

// Roles checks that the role exists in the caller's account, or makes it.
type Roles interface {
	EnsureRole(tx *store.Tx, scope aws.Scope, arn string) error
}

// MetricSink takes the values that metric definitions found; taking the same
// job, name and Seq twice is the sink's to ignore.
type MetricSink interface {
	PublishTrainingMetrics(ctx context.Context, scope aws.Scope, job string, points []Metric) error
}

// Access lets the program of a job use this server as the job's role does.
type Access interface {
	// Variables are its environment, good for d; caBundle is the file with the
	// certificates to trust, as the program sees it.
	Variables(ctx context.Context, scope aws.Scope, roleARN, caBundle string, d time.Duration) (map[string]string, error)
	// CABundle is the content of that file.
	CABundle() ([]byte, error)
	// Address is the server's own TCP address on this machine.
	Address() string
}

// Containers runs programs in containers, and brings their images.
type Containers interface {
	run.Runner
	// Pull sees to it that the engine has the image, and answers its digest;
	// provider names the credentials of its registry, "" without. The error is a
	// sentence for the user.
	Pull(ctx context.Context, ref, provider string, progress func(line string)) (digest string, err error)
	// Knows says whether there are credentials of that provider.
	Knows(provider string) bool
	// Clean removes the containers and networks of this server that keep does not
	// want.
	Clean(ctx context.Context, keep func(id string) bool) error
}

// Algorithms knows the algorithm resources.
type Algorithms interface {
	// TrainingSpecification is the contract of an algorithm, named by name or ARN,
	// and its ARN; one that cannot be used is refused.
	TrainingSpecification(ctx context.Context, scope aws.Scope, nameOrARN string) (*sagemaker.TrainingSpecification, string, error)
}

// Config is what a Service needs.
type Config struct {
	DB      *store.DB
	Tasks   *task.Queue
	Objects blob.Store
	// ForeignRegions says that the regions of Objects' buckets are not this server's,
	// so that jobs of every region use all of them.
	ForeignRegions bool
	// Runner runs programs as processes, Containers in containers; nil where there
	// is no engine.
	Runner     run.Runner
	Containers Containers
	Images     Images
	// Data brings the channels' data.
	Data Data
	// Algorithms is set before the tasks start: the algorithms' own validation
	// jobs are training jobs.
	Algorithms Algorithms
	// Experiments is nil where jobs have no trial components.
	Experiments Experiments
	// Lineage is nil where nobody notes what jobs have used and made.
	Lineage Lineage
	Roles   Roles
	Access  Access
	Metrics MetricSink
	Streams *logstream.Catalog
	Tokens  kit.Tokens
	Logger  *slog.Logger
	Now     func() time.Time
	// Dir holds one directory a running job: what its program sees as /opt/ml.
	Dir string
	// Machine is what the jobs share; the queue for it is that of all accounts.
	Machine capacity.Machine
	// ContainersOnly runs every image in a container, also those that this server
	// has a program for.
	ContainersOnly bool
	// FileSystems are the directories that stand for file systems, by id.
	FileSystems map[string]string
	// MemoryLimit caps what any job may use below its instance type's memory, 0
	// for no cap.
	MemoryLimit int64
	// StopGrace is how long a program may save its work between SIGTERM and SIGKILL;
	// 0 for DefaultStopGrace.
	StopGrace time.Duration
}

// DefaultStopGrace is the grace that the service promises (StopTrainingJob-1).
const DefaultStopGrace = 120 * time.Second

// Service implements the training job operations.
type Service struct {
	Config
	// mu guards running: the jobs that this server works on, and how to wake
	// them when their row changed.
	mu sync.Mutex
	// crowded says that more jobs waited than are looked at, when this server
	// looked last.
	crowded atomic.Bool
	running map[work]context.CancelCauseFunc
}

// maxTasks bounds the jobs that this server works on at once: far above what any
// machine has the capacity for, so that every new job at least learns whether it
// has to wait.
const maxTasks = 256

// New makes the service and registers its task handlers.
func New(c Config) *Service {
	if c.StopGrace == 0 {
		c.StopGrace = DefaultStopGrace
	}
	s := &Service{Config: c, running: make(map[work]context.CancelCauseFunc)}
	c.Tasks.Handle(taskRun, task.HandlerOptions{Concurrency: maxTasks}, s.run)
	c.Tasks.Handle(taskLimit, task.HandlerOptions{Concurrency: 4}, s.endAtLimit)
	c.Tasks.Handle(taskRelease, task.HandlerOptions{Concurrency: 4}, s.release)
	c.Tasks.Handle(taskCool, task.HandlerOptions{Concurrency: 4}, s.cool)
	return s
}

// load reads a job; an unknown one is a ValidationException, as the live
// service answers (X-2, Gen-3), so that waiters fail at once.
func load(tx *store.Tx, scope aws.Scope, name string) (*row, error) {
	r, err := jobs.Get(tx, scope, name)
	if err == nil {
		return r, nil
	}
	return nil, notFound(err)
}
