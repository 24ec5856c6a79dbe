package inferencecomponent

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// nowhere has no image, no data, and no server to reach.
type nowhere struct{}

func (nowhere) Resolve(_ context.Context, uri string) (image.Image, error) {
	return image.Image{}, aws.Invalid("Image %q is not known to this server.", uri)
}

func (nowhere) Prepare(context.Context, image.Image, func(string)) (image.Program, error) {
	return image.Program{}, nil
}

func (nowhere) Bring(_ context.Context, _ aws.Scope, from modeldata.Source, _ string) error {
	return aws.Invalid("Could not find model data at %s.", from.URI)
}

func (nowhere) Variables(context.Context, aws.Scope, string, string, time.Duration) (map[string]string, error) {
	return nil, nil
}
func (nowhere) CABundle() ([]byte, error) { return nil, nil }
func (nowhere) Address() string           { return "127.0.0.1:1" }

// engine is the fake runner as a container engine that counts what it started.
type engine struct {
	*fake.Runner
	mu    sync.Mutex
	specs []run.Spec
}

func (e *engine) Pull(context.Context, string, string, func(string)) (string, error) {
	return "sha256:0123", nil
}

func (e *engine) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	e.mu.Lock()
	e.specs = append(e.specs, s)
	e.mu.Unlock()
	return e.Runner.Start(ctx, s)
}

func (e *engine) started() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.specs)
}

// hosts has one endpoint, "e", with the variant "v", and knows what is routed.
type hosts struct {
	mu        sync.Mutex
	instances int
	gone      bool
	routed    map[string]*proxy.Variant
}

func (h *hosts) Host(_ *store.Tx, scope aws.Scope, name string) (*Host, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if name != "e" {
		return nil, aws.Invalid("Could not find endpoint %q.", name)
	}
	return &Host{ARN: aws.SageMakerARN(scope, "endpoint", "e"), Status: "Deleting", Gone: h.gone, Variants: map[string]Variant{"v": {InstanceType: "ml.m5.large", Instances: h.instances}}}, nil
}

func (h *hosts) RouteComponent(_ aws.Scope, _, component string, v *proxy.Variant) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.routed[component] = v
}

// copies are how many copies of a component requests find, -1 where they do not find
// the component.
func (h *hosts) copies(component string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.routed[component]; v != nil {
		return len(v.Instances)
	}
	return -1
}

func (h *hosts) resize(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.instances = n
}

type models map[string]replica.Model

func (m models) ForEndpoint(_ *store.Tx, _ aws.Scope, name string) (replica.Model, error) {
	if found, ok := m[name]; ok {
		return found, nil
	}
	return replica.Model{}, aws.Invalid("Could not find model %q.", name)
}

// bundle is a service with all that it needs.
type bundle struct {
	*Service
	t      *testing.T
	ctx    context.Context
	runner *engine
	queue  *task.Queue
	hosts  *hosts
}

// each runs f with a service on both databases; changes wait so long for room.
func each(t *testing.T, wait time.Duration, f func(b *bundle)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := &bundle{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), runner: &engine{Runner: fake.New()}, hosts: &hosts{instances: 1, routed: map[string]*proxy.Variant{}}}
		one := replica.Container{Hostname: "c", Image: "example/serve:1"}
		broken, many := one, one
		broken.Environment, many.MultiModel = map[string]string{"FAKE_REASON": "The program does not exist."}, true
		b.Service = &Service{Config: Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Endpoints: b.hosts, Wait: wait,
			Models: models{
				"good": {Name: "good", Containers: []replica.Container{one}}, "broken": {Name: "broken", Containers: []replica.Container{broken}},
				"many": {Name: "many", Containers: []replica.Container{many}}, "pipeline": {Name: "pipeline", Containers: []replica.Container{one, one}},
			},
			Machine: &replica.Machine{
				DB: db, Data: nowhere{}, Images: nowhere{}, Runner: b.runner, Containers: b.runner, Access: nowhere{},
				Streams: logstream.NewCatalog(db, t.TempDir()), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
			},
			Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: t.TempDir(),
		}}
		b.serve()
		t.Cleanup(func() { _ = b.queue.Stop(context.WithoutCancel(t.Context())) })
		f(b)
	})
}

// serve begins to work on the database, as a server that comes back does.
func (b *bundle) serve() {
	b.t.Helper()
	c := b.Config
	b.queue = task.New(c.DB, task.Options{NodeID: "node", Logger: c.Logger})
	c.Tasks = b.queue
	b.Service = New(c)
	if err := b.queue.Start(context.WithoutCancel(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
}

// spec is a model that takes so many cores of the two that an instance has.
func spec(model string, cores float32) *sagemaker.InferenceComponentSpecification {
	return &sagemaker.InferenceComponentSpecification{ModelName: &model, ComputeResourceRequirements: &sagemaker.InferenceComponentComputeResourceRequirements{
		NumberOfCpuCoresRequired: &cores, MinMemoryRequiredInMb: aws.Ptr[int32](256),
	}}
}

func copies(n int32) *sagemaker.InferenceComponentRuntimeConfig {
	return &sagemaker.InferenceComponentRuntimeConfig{CopyCount: &n}
}

func (b *bundle) create(name string, s *sagemaker.InferenceComponentSpecification, n int32) error {
	_, err := b.CreateInferenceComponent(b.ctx, &sagemaker.CreateInferenceComponentInput{
		InferenceComponentName: &name, EndpointName: aws.Ptr("e"), VariantName: aws.Ptr("v"), Specification: s, RuntimeConfig: copies(n),
	})
	return err
}

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) says(err error, want string) {
	b.t.Helper()
	if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		b.t.Errorf("%v, want a ValidationException with %q", err, want)
	}
}

func (b *bundle) scale(name string, n int32) error {
	_, err := b.UpdateInferenceComponentRuntimeConfig(b.ctx, &sagemaker.UpdateInferenceComponentRuntimeConfigInput{InferenceComponentName: &name, DesiredRuntimeConfig: copies(n)})
	return err
}

func (b *bundle) update(name string, s *sagemaker.InferenceComponentSpecification) error {
	_, err := b.UpdateInferenceComponent(b.ctx, &sagemaker.UpdateInferenceComponentInput{InferenceComponentName: &name, Specification: s})
	return err
}

func (b *bundle) delete(name string) error {
	_, err := b.DeleteInferenceComponent(b.ctx, &sagemaker.DeleteInferenceComponentInput{InferenceComponentName: &name})
	return err
}

// await waits for a status, "" for the component's end.
func (b *bundle) await(name string, want status) *sagemaker.DescribeInferenceComponentOutput {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		out, err := b.DescribeInferenceComponent(b.ctx, &sagemaker.DescribeInferenceComponentInput{InferenceComponentName: &name})
		switch {
		case err != nil && want == "":
			return nil
		case err != nil:
			b.t.Fatal(err)
		case out.InferenceComponentStatus == want:
			return out
		case time.Now().After(end):
			b.t.Fatalf("%s is %s (%s), want %s", name, out.InferenceComponentStatus, aws.Val(out.FailureReason), want)
		}
	}
}
