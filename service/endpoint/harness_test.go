package endpoint

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// world of the service: configurations and models by name.
type catalog struct {
	configs map[string]*sagemaker.CreateEndpointConfigInput
	models  map[string]replica.Model
}

func (c catalog) Configuration(_ *store.Tx, _ aws.Scope, name string) (*sagemaker.CreateEndpointConfigInput, error) {
	if found := c.configs[name]; found != nil {
		return found, nil
	}
	return nil, aws.Invalid("Could not find endpoint configuration %q.", name)
}

func (c catalog) ForEndpoint(_ *store.Tx, _ aws.Scope, name string) (replica.Model, error) {
	return c.models[name], nil
}

// nowhere has no image, no data, and no server to reach.
type nowhere struct{}

func (nowhere) Resolve(_ context.Context, uri string) (image.Image, error) {
	return image.Image{}, aws.Invalid("Image %q is not known to this server.", uri)
}

func (nowhere) Prepare(context.Context, image.Image, func(string)) (image.Program, error) {
	return image.Program{}, nil
}

// Bring finds no data, and some that never comes.
func (nowhere) Bring(ctx context.Context, _ aws.Scope, from modeldata.Source, _ string) error {
	if strings.HasSuffix(from.URI, "/slow") {
		<-ctx.Done()
		return ctx.Err()
	}
	return aws.Invalid("Could not find model data at %s.", from.URI)
}

func (nowhere) Variables(_ context.Context, _ aws.Scope, role, _ string, _ time.Duration) (map[string]string, error) {
	return map[string]string{"AWS_SESSION_TOKEN": role}, nil
}
func (nowhere) CABundle() ([]byte, error) { return nil, nil }
func (nowhere) Address() string           { return "127.0.0.1:1" }

// engine is the fake runner as a container engine that remembers what it started.
type engine struct {
	*fake.Runner
	mu    sync.Mutex
	specs []run.Spec
	// broken is why no image can be pulled any more, nil while they can.
	broken error
}

func (e *engine) Pull(context.Context, string, string, func(string)) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return "sha256:0123", e.broken
}

func (e *engine) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	e.mu.Lock()
	e.specs = append(e.specs, s)
	e.mu.Unlock()
	return e.Runner.Start(ctx, s)
}

// fail lets no image be pulled any more.
func (e *engine) fail(why error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = why
}

// started are the programs that were ever started.
func (e *engine) started() []run.Spec {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.specs)
}

// bundle is a service with all that it needs.
type bundle struct {
	*Service
	t      *testing.T
	ctx    context.Context
	known  catalog
	runner *engine
	queue  *task.Queue
	alarms alarms
}

// alarms has one, "errors", which goes off when it is told to.
type alarms struct{ on atomic.Bool }

func (a *alarms) InAlarm(context.Context, aws.Scope, []string) (string, error) {
	if a.on.Load() {
		return "errors", nil
	}
	return "", nil
}

func (a *alarms) Missing(_ context.Context, _ aws.Scope, names []string) ([]string, error) {
	return slices.DeleteFunc(names, func(n string) bool { return n == "errors" }), nil
}

// each runs f with a service on both databases.
func each(t *testing.T, f func(b *bundle)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := &bundle{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), runner: &engine{Runner: fake.New()},
			known: catalog{map[string]*sagemaker.CreateEndpointConfigInput{}, map[string]replica.Model{}}}
		b.Service = &Service{Config: Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Configs: b.known, Models: b.known,
			Machine: &replica.Machine{
				DB: db, Data: nowhere{}, Images: nowhere{}, Runner: b.runner, Containers: b.runner, Access: nowhere{},
				Streams: logstream.NewCatalog(db, t.TempDir()), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
			},
			Alarms: &b.alarms,
			Routes: proxy.NewTable(), Captures: NewCaptures(t.Context(), nil, slog.New(slog.DiscardHandler)), Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: t.TempDir(),
		}}
		t.Cleanup(func() { _ = b.Captures.Close() })
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

// stop ends the server; what it started lives on.
func (b *bundle) stop() {
	b.t.Helper()
	if err := b.queue.Stop(b.ctx); err != nil {
		b.t.Fatal(err)
	}
}

// config adds a configuration whose only variant runs a fake program.
func (b *bundle) config(name string, count int32, env map[string]string) {
	b.known.models[name] = replica.Model{Name: name, Containers: []replica.Container{{Hostname: "c", Image: "example/serve:1", Environment: env}}}
	b.known.configs[name] = &sagemaker.CreateEndpointConfigInput{EndpointConfigName: &name, ProductionVariants: []*sagemaker.ProductionVariant{{
		VariantName: aws.Ptr("v"), ModelName: &name, InstanceType: "ml.m5.large", InitialInstanceCount: &count, InitialVariantWeight: aws.Ptr[float32](1),
	}}}
}

func (b *bundle) create(name, config string) {
	b.t.Helper()
	if _, err := b.CreateEndpoint(b.ctx, &sagemaker.CreateEndpointInput{EndpointName: &name, EndpointConfigName: &config}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) describe(name string) (*sagemaker.DescribeEndpointOutput, error) {
	return b.DescribeEndpoint(b.ctx, &sagemaker.DescribeEndpointInput{EndpointName: &name})
}

// update asks for another configuration.
func (b *bundle) update(name, config string) {
	b.t.Helper()
	if _, err := b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{EndpointName: &name, EndpointConfigName: &config}); err != nil {
		b.t.Fatal(err)
	}
}

// rescale asks for weights and counts.
func (b *bundle) rescale(name string, desired ...*sagemaker.DesiredWeightAndCapacity) error {
	_, err := b.UpdateEndpointWeightsAndCapacities(b.ctx, &sagemaker.UpdateEndpointWeightsAndCapacitiesInput{EndpointName: &name, DesiredWeightsAndCapacities: desired})
	return err
}

func (b *bundle) remove(name string) {
	b.t.Helper()
	if _, err := b.DeleteEndpoint(b.ctx, &sagemaker.DeleteEndpointInput{EndpointName: &name}); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for ok.
func (b *bundle) until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// await waits for a status, "" for the endpoint's end.
func (b *bundle) await(name string, want status) *sagemaker.DescribeEndpointOutput {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		out, err := b.describe(name)
		switch {
		case err != nil && want == "":
			return nil
		case err != nil:
			b.t.Fatal(err)
		case out.EndpointStatus == want:
			return out
		case time.Now().After(end):
			b.t.Fatalf("%s is %s (%s), want %s", name, out.EndpointStatus, aws.Val(out.FailureReason), want)
		}
	}
}

// running are the handles of the endpoint's programs that run.
func (b *bundle) running(name string) (handles []string) {
	b.t.Helper()
	var r *row
	err := b.DB.View(b.ctx, func(tx *store.Tx) (err error) {
		r, err = endpoints.Get(tx, home, name)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	v := &r.Body.Fleet.Variants[0]
	for _, one := range r.Body.Fleet.replicas(v) {
		h := b.runner.HandleOf(b.programsOf(r, v.retired(one)).ID(0))
		if p, err := b.runner.Attach(b.ctx, h); err == nil {
			if conn, err := p.Dial(b.ctx, replica.Port); err == nil {
				_ = conn.Close()
				handles = append(handles, string(h))
			}
		}
	}
	return handles
}
