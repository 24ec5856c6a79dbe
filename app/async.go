package app

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/companion/sns"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/service/asyncinference"
	"github.com/sagebrush/sagebrush/service/endpoint"
	"github.com/sagebrush/sagebrush/store"
)

// openAsync makes the queues of asynchronous endpoints, and the topics that they tell.
func (a *App) openAsync(base kit.Base, hosted *endpoint.Service, metrics *monitoring.Service, streams *logstream.Catalog) *asyncinference.Service {
	a.topics = sns.New(sns.Config{Base: base, Tasks: a.tasks, Address: "http://" + jobAccess{a}.Address(), Logger: a.config.Logger, Now: a.config.Now})
	a.queues = asyncinference.New(asyncinference.Config{
		Base: base, Tasks: a.tasks, Endpoints: asyncEndpoints{hosted}, Containers: asyncContainers{a.invocations}, Objects: a.objects,
		Topics: a.topics, Measures: asyncMeasures{metrics}, Streams: streams, ForeignRegions: a.config.S3Endpoint != "", Logger: a.config.Logger, Now: a.config.Now,
	})
	return a.queues
}

// asyncEndpoints are the endpoints as their queues ask for them.
type asyncEndpoints struct{ hosted *endpoint.Service }

// AsyncEndpoint implements asyncinference.Endpoints.
func (e asyncEndpoints) AsyncEndpoint(tx *store.Tx, scope aws.Scope, name string) (*asyncinference.Endpoint, error) {
	found, err := e.hosted.Asynchronous(tx, scope, name)
	if found == nil || err != nil {
		return nil, err
	}
	return &asyncinference.Endpoint{CreatedAt: found.CreatedAt, Refuses: found.Refuses, Over: found.Over, Config: found.Config}, nil
}

// asyncContainers are the containers behind the data path.
type asyncContainers struct{ *proxy.Proxy }

// Capacity implements asyncinference.Containers.
func (c asyncContainers) Capacity(k proxy.Key) (requests, instances int) {
	return c.Table().Capacity(k)
}

// asyncMeasures publishes what queues do where CloudWatch's clients look for it.
type asyncMeasures struct{ metrics *monitoring.Service }

// Publish implements asyncinference.Measures.
func (m asyncMeasures) Publish(ctx context.Context, scope aws.Scope, name string, values []asyncinference.Value) error {
	data := make([]monitoring.Datum, len(values))
	for i, v := range values {
		data[i] = monitoring.Datum{Name: v.Name, Value: v.Value, Unit: v.Unit, HighResolution: true, Dimensions: []monitoring.Dimension{{Name: "EndpointName", Value: name}}}
	}
	return m.metrics.Publish(ctx, scope, endpointMetrics, data)
}

// publishIdle has the queues of asynchronous endpoints that have nothing to do say so,
// until ctx ends: who scales by them has to see that there is nothing.
func (a *App) publishIdle(ctx context.Context) {
	every := time.Minute
	if p := a.config.AutoscalingPeriod; p > 0 {
		every = min(every, p)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.queues.MeasureIdle(ctx, a.invocations.Table().Asynchronous())
		}
	}
}
