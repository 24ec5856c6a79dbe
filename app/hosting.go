package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/service/endpoint"
	"github.com/sagebrush/sagebrush/service/endpointconfig"
	"github.com/sagebrush/sagebrush/service/inferencecomponent"
	"github.com/sagebrush/sagebrush/service/model"
	"github.com/sagebrush/sagebrush/store"
)

// openHosting makes the services of endpoints and of inference components, and the
// data path to them, which is mounted once the API of the runtime is.
func (a *App) openHosting(ctx context.Context, base kit.Base, runner run.Runner, models *model.Service, configs *endpointconfig.Service, streams *logstream.Catalog, metrics *monitoring.Service) (*endpoint.Service, *inferencecomponent.Service) {
	c := a.config
	captures := endpoint.NewCaptures(ctx, a.objects, c.Logger)
	a.onClose(captures.Close)
	a.invocations = proxy.New(proxy.Options{Capture: captures, MaxBody: c.MaxInvocationBody})
	a.onClose(func() error { a.invocations.Close(); return nil }) // before its sink
	machine := &replica.Machine{
		DB: a.db, Data: modelData{a.objects, c.S3Endpoint != ""}, Dumps: modelData{a.objects, c.S3Endpoint != ""}, Images: a.images, Runner: runner,
		Containers: a.jobs.Containers, ContainersOnly: a.jobs.ContainersOnly, Native: c.Native, Access: jobAccess{a},
		Streams: streams, Logger: c.Logger, Now: c.Now, MemoryLimit: c.JobMemory,
	}
	hosted := endpoint.New(endpoint.Config{
		Base: base, Tasks: a.tasks, Configs: configs, Models: hostedModels{models}, Machine: machine, Alarms: metrics,
		Routes: a.invocations.Table(), Captures: captures, Logger: c.Logger, Now: c.Now, Dir: a.path("endpoints"),
		ServerlessIdle: c.ServerlessIdle,
		Baselines:      modelData{a.objects, c.S3Endpoint != ""}, Limits: proxy.Limits{Body: c.MaxInvocationBody, Time: c.InvocationTimeout},
	})
	components := inferencecomponent.New(inferencecomponent.Config{
		Base: base, Tasks: a.tasks, Models: hostedModels{models}, Endpoints: componentHosts{hosted}, Machine: machine,
		Logger: c.Logger, Now: c.Now, Dir: a.path("inference-components"),
	})
	hosted.Components = components // each needs the other
	return hosted, components
}

// componentHosts are the endpoints as their inference components see them.
type componentHosts struct{ *endpoint.Service }

// Host implements inferencecomponent.Endpoints.
func (c componentHosts) Host(tx *store.Tx, scope aws.Scope, name string) (*inferencecomponent.Host, error) {
	h, err := c.Service.Host(tx, scope, name)
	if err != nil {
		return nil, err
	}
	out := &inferencecomponent.Host{
		ARN: h.ARN, Status: h.Status, Gone: h.Gone, RoleARN: h.RoleARN, Isolated: h.Isolated, Variants: map[string]inferencecomponent.Variant{},
	}
	for name, v := range h.Variants {
		out.Variants[name] = inferencecomponent.Variant(v)
	}
	return out, nil
}

// hostedModels are the models as hosting asks for them.
type hostedModels struct{ models *model.Service }

// ModelTraits implements endpointconfig.Models.
func (h hostedModels) ModelTraits(tx *store.Tx, scope aws.Scope, name string) (endpointconfig.ModelTraits, error) {
	d, err := h.models.ForDeployment(tx, scope, name)
	if err != nil {
		return endpointconfig.ModelTraits{}, err
	}
	return endpointconfig.ModelTraits{
		Containers:      len(d.Containers),
		MultiModel:      slices.ContainsFunc(d.Containers, func(c model.Container) bool { return c.MultiModel }),
		PrivateRegistry: slices.ContainsFunc(d.Containers, func(c model.Container) bool { return c.PrivateRegistry }),
		Isolated:        d.Isolated,
		VPC:             d.VpcConfig != nil,
	}, nil
}

// ForEndpoint implements endpoint.Models.
func (h hostedModels) ForEndpoint(tx *store.Tx, scope aws.Scope, name string) (replica.Model, error) {
	d, err := h.models.ForDeployment(tx, scope, name)
	if err != nil {
		return replica.Model{}, err
	}
	m := replica.Model{Name: d.Name, Direct: d.Direct, RoleARN: d.RoleARN, Isolated: d.Isolated}
	for i, c := range d.Containers {
		hostname := c.Hostname
		if hostname == "" {
			hostname = fmt.Sprintf("container-%d", i+1)
		}
		m.Containers = append(m.Containers, replica.Container{
			Hostname: hostname, Image: c.Image, Package: c.Package, Provider: c.Provider, Environment: c.Environment,
			Data: c.Data, MultiModel: c.MultiModel, Uncached: c.Uncached,
		})
	}
	return m, nil
}

// modelData brings the data of models to the directories of their containers.
type modelData struct {
	objects blob.Store
	// foreign says that the buckets' regions are not this server's.
	foreign bool
}

// Bring implements replica.ModelData.
func (d modelData) Bring(ctx context.Context, scope aws.Scope, from modeldata.Source, dir string) error {
	request := modeldata.Request{Source: from, Account: scope.Account, Region: scope.Region}
	if d.foreign {
		request.Region = ""
	}
	err := modeldata.Download(ctx, d.objects, request, dir)
	if wrong := (*modeldata.Error)(nil); errors.As(err, &wrong) {
		return aws.Invalid("%s", wrong.Reason)
	}
	return err
}
