package app

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/algo/shap/explain"
	"github.com/sagebrush/sagebrush/api/a2iruntime"
	"github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/api/ecr"
	"github.com/sagebrush/sagebrush/api/featurestoreruntime"
	iamapi "github.com/sagebrush/sagebrush/api/iam"
	logsapi "github.com/sagebrush/sagebrush/api/logs"
	monitoringapi "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	snsapi "github.com/sagebrush/sagebrush/api/sns"
	stsapi "github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/companion/iam"
	"github.com/sagebrush/sagebrush/companion/logs"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/companion/sts"
	"github.com/sagebrush/sagebrush/edge/admin"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/images"
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/run/process"
	"github.com/sagebrush/sagebrush/s3"
	"github.com/sagebrush/sagebrush/service/algorithm"
	"github.com/sagebrush/sagebrush/service/endpointconfig"
	"github.com/sagebrush/sagebrush/service/experiment"
	"github.com/sagebrush/sagebrush/service/lineage"
	"github.com/sagebrush/sagebrush/service/model"
	"github.com/sagebrush/sagebrush/service/modelcard"
	"github.com/sagebrush/sagebrush/service/registry"
	"github.com/sagebrush/sagebrush/service/search"
	"github.com/sagebrush/sagebrush/service/tagging"
	"github.com/sagebrush/sagebrush/service/training"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
	"github.com/sagebrush/sagebrush/wire"
)

func (a *App) openObjects(ctx context.Context) error {
	if a.config.S3Endpoint != "" {
		return a.openExternalObjects(ctx)
	}
	objects, err := dir.New(a.db, a.path("objects"), a.config.Logger)
	if err != nil {
		return err
	}
	a.objects = objects
	a.onClose(objects.Close)
	return nil
}

// openServices builds everything that answers an operation and mounts it.
func (a *App) openServices(ctx context.Context) error {
	c := a.config
	a.tasks = task.New(a.db, task.Options{NodeID: a.lock.NodeID, Logger: c.Logger})
	streams := logstream.NewCatalog(a.db, a.path("logs"))
	runner, err := process.New(a.path("run"), c.Supervisor, c.Logger)
	if err != nil {
		return err
	}
	cache := c.CacheDir
	if cache == "" {
		if cache, err = defaultCache(a.path("cache")); err != nil {
			return err
		}
	}
	// Programs find no other job's files and no key of the server's.
	runner.Hide(hidden(string(a.dir), cache))
	if a.images, err = image.New(image.Options{DB: a.db, CacheDir: cache, Hidden: string(a.dir), Images: images.FS, Logger: c.Logger}); err != nil {
		return err
	}
	roles := iam.New(a.db, iam.Options{StrictRoles: c.StrictRoles})
	metrics := monitoring.New(a.db)
	a.cloudwatch = metrics
	tokens := kit.NewTokens(a.keys.ServerKey())
	base := kit.Base{DB: a.db, Tokens: tokens, Quotas: c.Quotas}
	data, err := channel.New(channel.Config{Objects: a.objects, Dir: a.path("feeds"), Self: c.Feeder, Logger: c.Logger})
	if err != nil {
		return err
	}
	a.jobs = training.New(training.Config{
		DB: a.db, Tasks: a.tasks, Objects: a.objects, Runner: runner, Images: a.images, Roles: roles,
		Data: data, Access: jobAccess{a}, Metrics: metricSink{metrics}, Streams: streams, Tokens: tokens, Logger: c.Logger, Now: c.Now,
		Dir: a.path("jobs"), Machine: machine(c), MemoryLimit: c.JobMemory, FileSystems: c.FileSystems,
		StopGrace: c.StopGrace, ForeignRegions: c.S3Endpoint != "",
		ContainersOnly: c.Runner == RunnerDocker || c.Runner == RunnerFake,
	})
	if a.containers != nil { // a nil pointer is not a nil interface
		a.jobs.Containers = a.containers
	} else if c.Runner == RunnerFake {
		a.jobs.Containers = fakes{fake.New()}
	}
	algorithms := algorithm.New(algorithm.Config{
		DB: a.db, Tasks: a.tasks, Images: digests{a.images, a.containers, c.Runner == RunnerFake}, Roles: roles, Trainer: a.jobs, Tokens: tokens, Logger: c.Logger,
	})
	a.jobs.Algorithms = algorithms // each needs the other: validation profiles are jobs
	tracking := &experiment.Service{Base: base, JobPoints: metricSink{metrics}, JobRecord: a.jobs.Searchable().Record}
	a.jobs.Experiments = tracking
	origins := &lineage.Service{Base: base}
	a.jobs.Lineage = origins
	packages := registry.New(registry.Config{Base: base, Images: digests{a.images, a.containers, c.Runner == RunnerFake}, Algorithms: algorithms, Lineage: packageLineage{origins}})
	models := model.New(model.Config{Base: base, Roles: roles, Packages: packages, Objects: a.objects})
	configs := endpointconfig.New(endpointconfig.Config{Base: base, Roles: roles, Models: hostedModels{models}, CheckExplainer: explain.Check})
	cards := modelcard.New(modelcard.Config{Base: base, Tasks: a.tasks, Objects: a.objects, Logger: c.Logger})
	tags := &tagging.Service{Base: base, Owner: registry.TagOwner}
	hosted, components := a.openHosting(ctx, base, runner, models, configs, streams, metrics)
	hosted.Lineage = origins
	a.hosted = hosted
	queued := a.openAsync(base, hosted, metrics, streams)
	scaled := a.openScaling(base, hosted, metrics)
	found, err := a.openSearch(ctx, base, slices.Concat([]kit.Searchable{a.jobs.Searchable(), models.Searchable(), hosted.Searchable()},
		tracking.Searchable(), packages.Searchable(), cards.Searchable())...)
	if err != nil {
		return err
	}
	a.api = wire.NewServer(wire.Options{
		Lookup: a.keys.Lookup, Logger: c.Logger, Now: c.Now, Registry: a.metrics, Gatherer: a.metrics,
		S3: s3.NewHandler(a.objects, s3.Options{Lookup: a.keys.Lookup, Region: c.Region, Now: c.Now, Logger: c.Logger}),
	})
	for _, m := range []struct {
		service *schema.Service
		impls   []any
	}{
		{sagemaker.Service, []any{a.jobs, algorithms, tracking, origins, packages, models, configs, hosted, components, cards, tags, found}},
		{sagemakerruntime.Service, []any{queued}},
		{featurestoreruntime.Service, nil},
		{a2iruntime.Service, nil},
		{sagemakermetrics.Service, []any{tracking}},
		{logsapi.Service, []any{logs.New(a.db, streams)}},
		{monitoringapi.Service, []any{metrics}},
		{stsapi.Service, []any{sts.New(a.issue, roles)}},
		{iamapi.Service, []any{roles}},
		{snsapi.Service, []any{a.topics}},
		{ecr.Service, nil},
		{autoscaling.Service, []any{scaled}},
	} {
		if err := a.api.Mount(m.service, m.impls...); err != nil {
			return err
		}
	}
	return a.invocations.Mount(a.api)
}

// openSearch makes the index of the kinds that can be found, and the service that
// answers from it; nil when there is to be none.
func (a *App) openSearch(ctx context.Context, base kit.Base, kinds ...kit.Searchable) (service any, err error) {
	if a.config.NoSearch {
		return nil, index.Forget(ctx, a.db)
	}
	if a.index, err = index.New(ctx, a.db, index.Options{Logger: a.config.Logger, Kinds: kinds}); err != nil {
		return nil, err
	}
	return &search.Service{Base: base, Index: a.index}, nil
}

// handler is everything behind the port: the commands' own API, then AWS's.
func (a *App) handler() http.Handler {
	return admin.New(admin.Options{Keys: a.keys, Images: a.images, Jobs: a.jobs, AccessKeyID: a.ownKey.ID}, a.topics.Public(a.api))
}

// defaultCache is the user's own cache directory, shared by all data
// directories, or fallback for users who have none.
func defaultCache(fallback string) (string, error) {
	if base, err := os.UserCacheDir(); err == nil {
		return filepath.Join(base, "sagebrush"), nil
	}
	return fallback, os.MkdirAll(fallback, 0o700)
}

// trainingMetrics is the namespace of training jobs' metrics.
const trainingMetrics = "/aws/sagemaker/TrainingJobs"

// metricSink publishes training metrics where CloudWatch's clients look for them
// (TrainContainer-13).
type metricSink struct{ metrics *monitoring.Service }

func (m metricSink) PublishTrainingMetrics(ctx context.Context, scope aws.Scope, job string, points []training.Metric) error {
	data := make([]monitoring.Datum, len(points))
	for i, p := range points {
		dimension := monitoring.Dimension{Name: "TrainingJobName", Value: job}
		if p.Host != "" {
			dimension = monitoring.Dimension{Name: "Host", Value: job + "/" + p.Host} // TrainContainer-14
		}
		data[i] = monitoring.Datum{
			Name: p.Name, Value: p.Value, Time: p.Time, Seq: p.Seq, HighResolution: true, Dimensions: []monitoring.Dimension{dimension},
		}
	}
	return m.metrics.PublishOnce(ctx, scope, trainingMetrics, data)
}

// EachTrainingMetric reads what PublishTrainingMetrics has published of a job.
func (m metricSink) EachTrainingMetric(tx *store.Tx, scope aws.Scope, job, metric string, from, to time.Time, fn func(time.Time, float64) bool) error {
	return m.metrics.EachValue(tx, scope, trainingMetrics, metric, []monitoring.Dimension{{Name: "TrainingJobName", Value: job}}, from, to, fn)
}

// issue makes the credentials that AssumeRole hands out.
func (a *App) issue(ctx context.Context, scope aws.Scope, roleARN, session string, d time.Duration) (sts.Credentials, error) {
	s, err := a.keys.Issue(ctx, scope, roleARN, session, d)
	if err != nil {
		return sts.Credentials{}, err
	}
	return sts.Credentials{
		AccessKeyID: s.ID, SecretAccessKey: s.Secret.Reveal(), SessionToken: s.SessionToken.Reveal(), Expiration: s.Expiration,
	}, nil
}
