package endpoint

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
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
	models  map[string]Model
}

func (c catalog) Configuration(_ *store.Tx, _ aws.Scope, name string) (*sagemaker.CreateEndpointConfigInput, error) {
	if found := c.configs[name]; found != nil {
		return found, nil
	}
	return nil, aws.Invalid("Could not find endpoint configuration %q.", name)
}

func (c catalog) ForEndpoint(_ *store.Tx, _ aws.Scope, name string) (Model, error) {
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

func (nowhere) Bring(context.Context, aws.Scope, modeldata.Source, string) error { return nil }

func (nowhere) Variables(context.Context, aws.Scope, string, string, time.Duration) (map[string]string, error) {
	return nil, nil
}
func (nowhere) CABundle() ([]byte, error) { return nil, nil }
func (nowhere) Address() string           { return "127.0.0.1:1" }

// engine is the fake runner as a container engine.
type engine struct{ *fake.Runner }

func (engine) Pull(context.Context, string, string, func(string)) (string, error) {
	return "sha256:0123", nil
}

// bundle is a service with all that it needs.
type bundle struct {
	*Service
	t      *testing.T
	ctx    context.Context
	known  catalog
	runner *fake.Runner
	queue  *task.Queue
}

// each runs f with a service on both databases.
func each(t *testing.T, f func(b *bundle)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := &bundle{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), runner: fake.New(),
			known: catalog{map[string]*sagemaker.CreateEndpointConfigInput{}, map[string]Model{}}}
		b.Service = &Service{Config: Config{
			Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Configs: b.known, Models: b.known, Data: nowhere{}, Images: nowhere{},
			Runner: b.runner, Containers: engine{b.runner}, Access: nowhere{}, Streams: logstream.NewCatalog(db, t.TempDir()),
			Routes: proxy.NewTable(), Captures: NewCaptures(nil, slog.New(slog.DiscardHandler)), Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: t.TempDir(),
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

// config adds a configuration whose only variant runs a fake program.
func (b *bundle) config(name string, count int32, env map[string]string) {
	b.known.models[name] = Model{Name: name, Containers: []Container{{Hostname: "c", Image: "example/serve:1", Environment: env}}}
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

// CreateEndpoint-1, DescribeEndpoint-1, -4, -5, -7, -9, UpdateEndpoint-1, Weights-1,
// DeleteEndpoint-1: an endpoint from its creation over updates to its end.
//
// covers: sagemaker.CreateEndpoint sagemaker.DescribeEndpoint sagemaker.ListEndpoints sagemaker.UpdateEndpoint
// covers: sagemaker.UpdateEndpointWeightsAndCapacities sagemaker.DeleteEndpoint
func TestLife(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("first", 2, nil)
		b.config("second", 1, nil)
		b.create("Shop", "first")
		if out, err := b.describe("Shop"); err != nil || out.EndpointStatus == creating && *out.PendingDeploymentSummary.EndpointConfigName != "first" {
			b.t.Errorf("%+v, %v", out, err)
		}
		out := b.await("Shop", inService)
		v := out.ProductionVariants[0]
		if *v.CurrentInstanceCount != 2 || *v.DesiredInstanceCount != 2 || *v.CurrentWeight != 1 || out.PendingDeploymentSummary != nil ||
			*v.DeployedImages[0].SpecifiedImage != "example/serve:1" || *v.DeployedImages[0].ResolvedImage != "example/serve@sha256:0123" {
			b.t.Errorf("%+v", out)
		}
		name, second := "Shop", "second"
		if _, err := b.UpdateEndpointWeightsAndCapacities(b.ctx, &sagemaker.UpdateEndpointWeightsAndCapacitiesInput{
			EndpointName: &name, DesiredWeightsAndCapacities: []*sagemaker.DesiredWeightAndCapacity{{VariantName: aws.Ptr("v"), DesiredInstanceCount: aws.Ptr[int32](3), DesiredWeight: aws.Ptr[float32](5)}},
		}); err != nil {
			b.t.Fatal(err)
		}
		if out = b.await("Shop", inService); *out.ProductionVariants[0].CurrentInstanceCount != 3 || *out.ProductionVariants[0].CurrentWeight != 5 {
			b.t.Errorf("%+v", out.ProductionVariants[0])
		}
		if _, err := b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{EndpointName: &name, EndpointConfigName: &second, RetainAllVariantProperties: aws.Ptr(true),
			ExcludeRetainedVariantProperties: []*sagemaker.VariantProperty{{VariantPropertyType: sagemaker.VariantPropertyTypeDesiredInstanceCount}}}); err != nil {
			b.t.Fatal(err)
		}
		if out = b.await("Shop", inService); *out.EndpointConfigName != "second" || *out.ProductionVariants[0].CurrentInstanceCount != 1 || *out.ProductionVariants[0].CurrentWeight != 5 {
			b.t.Errorf("%+v", out)
		}
		list, err := b.ListEndpoints(b.ctx, &sagemaker.ListEndpointsInput{StatusEquals: inService})
		if err != nil || len(list.Endpoints) != 1 || *list.Endpoints[0].EndpointName != "Shop" {
			b.t.Errorf("%+v, %v", list, err)
		}
		if _, err := b.DeleteEndpoint(b.ctx, &sagemaker.DeleteEndpointInput{EndpointName: &name}); err != nil {
			b.t.Fatal(err)
		}
		b.await("Shop", "")
		b.create("Shop", "first") // the name is free again
		b.await("Shop", inService)
	})
}

// CreateEndpoint-1, Host-3: a program that cannot serve fails the endpoint, with
// the reason, and leaves nothing behind.
func TestFailure(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("broken", 2, map[string]string{"FAKE_REASON": "The program does not exist."})
		b.create("e", "broken")
		out := b.await("e", failed)
		if !strings.Contains(*out.FailureReason, "The program does not exist.") {
			b.t.Errorf("%q", *out.FailureReason)
		}
		name := "e"
		if _, err := b.DeleteEndpoint(b.ctx, &sagemaker.DeleteEndpointInput{EndpointName: &name}); err != nil {
			b.t.Fatal(err)
		}
		b.await("e", "")
	})
}

// DescribeEndpoint-2, -3, -9, Deploy-1, X-5: what cannot be, and what cannot be
// done here yet, is refused and says so.
func TestRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 1, nil)
		for name, change := range map[string]func(c *sagemaker.CreateEndpointConfigInput, v *sagemaker.ProductionVariant){
			"serverless": func(_ *sagemaker.CreateEndpointConfigInput, v *sagemaker.ProductionVariant) {
				v.ServerlessConfig = &sagemaker.ProductionVariantServerlessConfig{}
			},
			"component": func(_ *sagemaker.CreateEndpointConfigInput, v *sagemaker.ProductionVariant) { v.ModelName = nil },
			"scaling": func(_ *sagemaker.CreateEndpointConfigInput, v *sagemaker.ProductionVariant) {
				v.ManagedInstanceScaling = &sagemaker.ProductionVariantManagedInstanceScaling{Status: sagemaker.ManagedInstanceScalingStatusEnabled}
			},
			"dump": func(_ *sagemaker.CreateEndpointConfigInput, v *sagemaker.ProductionVariant) {
				v.CoreDumpConfig = &sagemaker.ProductionVariantCoreDumpConfig{}
			},
			"async": func(c *sagemaker.CreateEndpointConfigInput, _ *sagemaker.ProductionVariant) {
				c.AsyncInferenceConfig = &sagemaker.AsyncInferenceConfig{}
			},
			"explainer": func(c *sagemaker.CreateEndpointConfigInput, _ *sagemaker.ProductionVariant) {
				c.ExplainerConfig = &sagemaker.ExplainerConfig{}
			},
			"multi": func(c *sagemaker.CreateEndpointConfigInput, _ *sagemaker.ProductionVariant) {
				b.known.models[*c.EndpointConfigName].Containers[0].MultiModel = true
			},
		} {
			b.config(name, 1, nil)
			change(b.known.configs[name], b.known.configs[name].ProductionVariants[0])
			b.refused(name, "not supported yet", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: &name})
		}
		plain := func(c *sagemaker.DeploymentConfig) sagemaker.CreateEndpointInput {
			return sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("plain"), DeploymentConfig: c}
		}
		canary := &sagemaker.BlueGreenUpdatePolicy{TrafficRoutingConfiguration: &sagemaker.TrafficRoutingConfig{Type: sagemaker.TrafficRoutingConfigTypeCanary}}
		b.refused("canary", "CANARY is not supported yet", plain(&sagemaker.DeploymentConfig{BlueGreenUpdatePolicy: canary}))
		b.refused("rolling", "not supported yet", plain(&sagemaker.DeploymentConfig{RollingUpdatePolicy: &sagemaker.RollingUpdatePolicy{}}))
		b.refused("both", "Give one of them", plain(&sagemaker.DeploymentConfig{RollingUpdatePolicy: &sagemaker.RollingUpdatePolicy{}, BlueGreenUpdatePolicy: canary}))
		b.refused("alarms", "not supported yet", plain(&sagemaker.DeploymentConfig{AutoRollbackConfiguration: &sagemaker.AutoRollbackConfig{}}))
		b.refused("unknown", "Could not find endpoint configuration", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("nope")})
		b.create("Shop", "plain")
		b.refused("twice", "Cannot create already existing endpoint", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("sHOP"), EndpointConfigName: aws.Ptr("plain")})
		b.await("Shop", inService)
		name, config := "Shop", "plain"
		_, err := b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{EndpointName: &name, EndpointConfigName: &config})
		b.says(err, "has already")
		_, err = b.UpdateEndpointWeightsAndCapacities(b.ctx, &sagemaker.UpdateEndpointWeightsAndCapacitiesInput{
			EndpointName: &name, DesiredWeightsAndCapacities: []*sagemaker.DesiredWeightAndCapacity{{VariantName: aws.Ptr("w")}},
		})
		b.says(err, "has no variant w")
		for _, s := range []status{creating, updating, rollingBack, systemUpdating, deleting} {
			r := &row{Body: Endpoint{Status: s}, ARN: "arn"}
			b.says(may(update, r), `Cannot update in-progress endpoint "arn".`)
			b.says(may(remove, r), `Cannot update in-progress endpoint "arn".`)
		}
		b.says(may(update, &row{Body: Endpoint{Status: failed, FailureReason: "It broke."}}), "can only be deleted: It broke")
	})
}

func (b *bundle) says(err error, want string) {
	b.t.Helper()
	if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		b.t.Errorf("%v, want %q", err, want)
	}
}

func (b *bundle) refused(what, want string, in sagemaker.CreateEndpointInput) {
	b.t.Helper()
	if _, err := b.CreateEndpoint(b.ctx, &in); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		b.t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// A server that comes back finds the replicas that run and starts none twice, also
// when it comes back after the machine did and there are none any more.
func TestTakeover(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 2, nil)
		b.create("e", "plain")
		b.await("e", inService)
		before := b.running("e")
		if err := b.queue.Stop(b.ctx); err != nil {
			b.t.Fatal(err)
		}
		b.serve()
		b.await("e", inService)
		if after := b.running("e"); !slices.Equal(before, after) {
			b.t.Errorf("%v ran, and now %v", before, after)
		}
		if err := b.queue.Stop(b.ctx); err != nil {
			b.t.Fatal(err)
		}
		for _, h := range before {
			b.runner.Lose(run.Handle(h))
		}
		b.serve()
		for end := time.Now().Add(time.Minute); len(b.running("e")) < 2; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				b.t.Fatal("the replicas were not started again")
			}
		}
		b.await("e", inService)
	})
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
	for _, replica := range r.Body.Fleet.replicas(v) {
		h := b.runner.HandleOf(b.programsOf(r, v.retired(replica)).id(0))
		if p, err := b.runner.Attach(b.ctx, h); err == nil {
			if conn, err := p.Dial(b.ctx, port); err == nil {
				_ = conn.Close()
				handles = append(handles, string(h))
			}
		}
	}
	return handles
}
