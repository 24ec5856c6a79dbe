package training

import (
	"context"
	"io"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// gate holds whoever comes to it until their context ends or it is opened.
type gate struct {
	reached chan struct{}
	open    chan struct{}
}

func newGate() gate { return gate{make(chan struct{}, 64), make(chan struct{})} }

func (g gate) pass(ctx context.Context) error {
	select {
	case g.reached <- struct{}{}:
	default:
	}
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Each of these is a part of the machine with a gate in one place.
type (
	gatedImages struct {
		anyImage
		gate
	}
	gatedObjects struct {
		blob.Store
		reading, writing gate
	}
	gatedRunner struct {
		run.Runner
		starting, started gate
	}
)

func (g gatedImages) Prepare(ctx context.Context, img image.Image, progress func(string)) (image.Program, error) {
	if err := g.pass(ctx); err != nil {
		return image.Program{}, err
	}
	return g.anyImage.Prepare(ctx, img, progress)
}

func (g gatedObjects) Get(ctx context.Context, bucket, key string, r *blob.Range) (io.ReadCloser, blob.Info, error) {
	if err := g.reading.pass(ctx); err != nil {
		return nil, blob.Info{}, err
	}
	return g.Store.Get(ctx, bucket, key, r)
}

func (g gatedObjects) Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error) {
	if err := g.writing.pass(ctx); err != nil {
		return blob.Info{}, err
	}
	return g.Store.Put(ctx, bucket, key, body, o)
}

func (g gatedRunner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	if err := g.starting.pass(ctx); err != nil {
		return nil, err
	}
	p, err := g.Runner.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	return p, g.started.pass(ctx) // its handle is not saved yet
}

// StopTrainingJob-1: wherever in its life a job is stopped, it ends Stopped and
// not Failed, and nothing that was begun is done twice. The test walks through all
// points, on one host and on three.
func TestStopAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, hosts := range []int32{1, 3} {
		for name, hold := range map[string]func(*Config) (gate, []gate){
			"preparing": func(c *Config) (gate, []gate) {
				g := newGate()
				c.Images = gatedImages{gate: g}
				return g, nil
			},
			"downloading": func(c *Config) (gate, []gate) {
				o := gatedObjects{c.Objects, newGate(), newGate()}
				c.Objects = o
				return o.reading, []gate{o.writing}
			},
			"before the start": func(c *Config) (gate, []gate) {
				r := gatedRunner{c.Runner, newGate(), newGate()}
				c.Runner = r
				return r.starting, []gate{r.started}
			},
			"after the start": func(c *Config) (gate, []gate) {
				r := gatedRunner{c.Runner, newGate(), newGate()}
				c.Runner = r
				return r.started, []gate{r.starting}
			},
			"uploading": func(c *Config) (gate, []gate) {
				o := gatedObjects{c.Objects, newGate(), newGate()}
				c.Objects = o
				return o.writing, []gate{o.reading}
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := setup(t, storetest.SQLite(t))
				must(t, b.Tasks.Stop(b.ctx))
				held, others := hold(&b.config)
				for _, g := range others {
					close(g.open)
				}
				b.Service = b.serve(t)
				req := request("stopped")
				req.ResourceConfig.InstanceCount = &hosts
				b.create(req)
				<-held.reached
				_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: aws.Ptr("stopped")})
				must(t, err)
				close(held.open)
				out := b.await("stopped", ended)
				if out.TrainingJobStatus != sagemaker.TrainingJobStatusStopped || out.SecondaryStatus != sagemaker.SecondaryStatusStopped || out.FailureReason != nil {
					t.Errorf("%s/%s: %s (%s)", out.TrainingJobStatus, out.SecondaryStatus, aws.Val(out.FailureReason), pathOf(out))
				}
			})
		}
	}
}
