package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/companion/sns"
	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/internal/datadir"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/service/asyncinference"
	"github.com/sagebrush/sagebrush/service/endpoint"
	"github.com/sagebrush/sagebrush/service/training"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
	"github.com/sagebrush/sagebrush/wire"
)

// App is a server that is open but not yet serving.
type App struct {
	config   Config
	dir      datadir.Dir
	lock     *datadir.Lock
	listener net.Listener
	db       *store.DB
	keys     *identity.Keys
	ownKey   identity.Key
	objects  blob.Store
	images   *image.Manager
	jobs     *training.Service
	// containers is nil without an engine.
	containers *containers
	tasks      *task.Queue
	// index is nil without a search.
	index *index.Index
	// cloudwatch takes what endpoints did, and its alarms watch over them.
	cloudwatch *monitoring.Service
	api        *wire.Server
	// invocations leads requests to the containers of endpoints.
	invocations *proxy.Proxy
	hosted      *endpoint.Service
	topics      *sns.Service
	queues      *asyncinference.Service
	metrics     *prometheus.Registry
	edge        *edge.Server
	// closers run in reverse order.
	closers []func() error
}

// Open builds a server: after it, the port is bound, the database is migrated
// and the keys exist. Serve answers requests.
func Open(ctx context.Context, c Config) (*App, error) {
	c.fillIn()
	a := &App{config: c, metrics: prometheus.NewRegistry()}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"data directory", a.openDir},
		{"listen", a.listen}, // before the work, so that a port in use is said at once
		{"database", a.openStore},
		{"identity", a.openIdentity},
		{"objects", a.openObjects},
		{"containers", a.openContainers},
		{"services", a.openServices},
		{"port", a.openEdge},
	} {
		if err := step.do(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", step.what, err), a.Close())
		}
	}
	return a, nil
}

func (c *Config) fillIn() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Database == "" {
		c.Database = "sqlite"
	}
	if c.Supervisor == nil {
		c.Supervisor = []string{"/proc/self/exe", "supervise"}
	}
	if c.Init == nil {
		c.Init = []string{"/proc/self/exe", "contain"}
	}
	if c.Native == nil {
		c.Native = []string{"/proc/self/exe", "native-serve"}
	}
	if c.Feeder == nil {
		c.Feeder = []string{"/proc/self/exe", "feed"}
	}
}

func (a *App) onClose(f func() error) { a.closers = append(a.closers, f) }

func (a *App) openDir(context.Context) (err error) {
	if a.dir, err = datadir.Make(a.config.DataDir); err != nil {
		return err
	}
	if a.lock, err = a.dir.Acquire(a.config.Database != "sqlite"); err != nil {
		return err
	}
	a.onClose(a.lock.Release)
	return nil
}

func (a *App) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	a.listener, err = lc.Listen(ctx, "tcp", a.config.Listen)
	if err == nil {
		a.onClose(func() error { _ = a.listener.Close(); return nil })
	}
	return err
}

func (a *App) openStore(ctx context.Context) (err error) {
	url := a.config.Database
	if url == "sqlite" {
		url = "sqlite:" + a.dir.Database()
	}
	a.db, err = store.Open(ctx, url, store.Options{Logger: a.config.Logger, Now: a.config.Now})
	if err == nil {
		a.onClose(a.db.Close)
	}
	return err
}

func (a *App) openIdentity(ctx context.Context) (err error) {
	a.keys, err = identity.New(ctx, a.db, identity.Options{Logger: a.config.Logger, Now: a.config.Now})
	if err != nil {
		return err
	}
	a.ownKey, err = a.keys.Bootstrap(ctx, string(a.dir), a.config.AccountID)
	return err
}

func (a *App) openEdge(context.Context) error {
	authority, err := edge.LoadAuthority(a.dir, a.config.Now())
	if err != nil {
		return err
	}
	var own *tls.Certificate
	if a.config.TLSCert != "" || a.config.TLSKey != "" {
		pair, err := tls.LoadX509KeyPair(a.config.TLSCert, a.config.TLSKey)
		if err != nil {
			return err
		}
		own = &pair
	}
	a.edge = edge.New(edge.Options{Handler: a.handler(), Fast: a.api.IsDirect, Authority: authority, Certificate: own, Logger: a.config.Logger})
	return nil
}

// Addr is the address that the server listens on.
func (a *App) Addr() string { return a.listener.Addr().String() }

// alarmsEvery is how often alarms are evaluated that nobody asks for.
const alarmsEvery = 10 * time.Second

// drain is how long requests and tasks may take to end at a stop.
const drain = 20 * time.Second

// Serve answers requests and works on tasks until ctx ends, and then drains:
// requests under way are answered, tasks give their leases back, and the
// programs of jobs run on.
func (a *App) Serve(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var others sync.WaitGroup
	defer others.Wait() // so that nothing uses the database when Close closes it
	defer stop()
	go a.keys.Watch(background)
	if a.index != nil {
		others.Go(func() { a.index.Run(background) })
	}
	others.Go(func() {
		a.cloudwatch.Watch(background, alarmsEvery, func(err error) { a.config.Logger.Warn("alarms could not be evaluated", "error", err) })
	})
	others.Go(func() { a.publishMeasures(background) })
	others.Go(func() { a.publishIdle(background) })
	if err := a.jobs.Recover(background); err != nil {
		a.config.Logger.Warn("something that an earlier server left could not be removed", "error", err)
	}
	if err := a.tasks.Start(background); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- a.edge.Serve(a.listener) }()
	server := datadir.Server{
		Address: "http://" + a.Addr(), PID: os.Getpid(), Started: a.config.Now(),
		Account: a.config.AccountID, Region: a.config.Region, Version: a.config.Version,
	}
	if err := a.dir.Announce(server); err != nil {
		return err
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.config.Logger.Info("draining")
	limited, cancel := context.WithTimeout(background, drain)
	defer cancel()
	return errors.Join(err, a.dir.Withdraw(os.Getpid()), a.edge.Shutdown(limited), a.tasks.Stop(limited))
}

// Close frees what Open opened.
func (a *App) Close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

// Operations lists every operation of every mounted service.
func (a *App) Operations() []wire.OperationStatus { return a.api.Operations() }

// Keys are the server's access keys.
func (a *App) Keys() *identity.Keys { return a.keys }

func (a *App) path(parts ...string) string {
	return filepath.Join(append([]string{string(a.dir)}, parts...)...)
}
