package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sagebrush/sagebrush/app"
	"github.com/sagebrush/sagebrush/companion/autoscaling"
	"github.com/sagebrush/sagebrush/internal/datadir"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/service/endpoint"
	"github.com/sagebrush/sagebrush/service/training"
)

// serveFlags are app.Config and what only the command line knows.
type serveFlags struct {
	app.Config
	jobMemory           memory
	invocationBody      body
	search              bool
	logLevel, logFormat string
}

func newServe(c *cli) *cobra.Command {
	f := serveFlags{invocationBody: proxy.DefaultMaxBody}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server until it is told to stop",
		Long: `Run the server. When it is ready it says so on standard output, in one line with
the address; its log goes to standard error. SIGTERM or an interrupt drains it:
requests are answered, the programs of jobs run on and are found again at the next
start. A second one ends it at once.`,
		Example: `  sagebrush serve
  sagebrush serve --listen 127.0.0.1:0 --data-dir /tmp/try
  sagebrush serve --database postgres://me@db/sagebrush
  sagebrush serve --file-system fs-0123456789abcdef0=/srv/data`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.serve(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Listen, "listen", "127.0.0.1:4600", "address to listen on; port 0 takes a free one")
	flags.StringVar(&f.Database, "database", withDefault(os.Getenv("SAGEBRUSH_DATABASE"), "sqlite"), "sqlite (in the data directory) or a postgres:// URL (SAGEBRUSH_DATABASE)")
	flags.StringVar(&f.AccountID, "account-id", "123456789012", "account of the key pair that the first start makes")
	flags.StringVar(&f.Region, "region", "us-east-1", "region that clients are set up for; all regions are served")
	flags.StringVar(&f.S3Endpoint, "s3-endpoint", "", "URL of an external S3 that holds all objects, with the keys of the AWS_ variables")
	flags.BoolVar(&f.StrictRoles, "strict-roles", false, "refuse roles that were not created, instead of making them on first use")
	flags.StringVar(&f.TLSCert, "tls-cert", "", "certificate file (PEM); a local authority issues one otherwise")
	flags.StringVar(&f.TLSKey, "tls-key", "", "key file (PEM) of --tls-cert")
	flags.IntVar(&f.MaxJobs, "max-jobs", 0, "jobs that run at the same time, whatever their instance types ask for (default what the machine has room for)")
	flags.StringVar(&f.Runner, "runner", app.RunnerAuto, "what runs programs: auto (processes for images with a program here, containers for others), process, docker, or fake (nothing runs: for tests, docs/testing.md)")
	flags.StringVar(&f.RegistryCredentials, "registry-credentials", "", "JSON file with usernames and passwords of private registries by the ARN of their credentials provider")
	flags.StringToStringVar(&f.FileSystems, "file-system", nil, "directory that stands for a file system of channels, as ID=DIRECTORY; may be repeated")
	flags.BoolVar(&f.search, "search", true, "keep a search index; without one Search is refused")
	_ = flags.MarkHidden("search") // there to measure what it costs
	flags.Var(&f.jobMemory, "job-memory", "memory that any job may use at most, such as 512MiB (default what its instance type has)")
	flags.Var(&f.Quotas, "quota", "how many resources of a kind an account may have in a region, such as contexts=500, 0 for no limit; may be repeated")
	flags.DurationVar(&f.StopGrace, "stop-grace", training.DefaultStopGrace, "how long the program of a job that is stopped may save its work before it is killed")
	flags.DurationVar(&f.AutoscalingPeriod, "autoscaling-period", autoscaling.DefaultPeriod, "how long a minute of autoscaling takes: 1s, 5s, 10s, 30s or whole minutes; with 1s it acts in seconds (docs/hosting.md)")
	flags.DurationVar(&f.ServerlessIdle, "serverless-idle", endpoint.DefaultServerlessIdle, "how long a serverless endpoint keeps an instance that has nothing to do")
	flags.DurationVar(&f.InvocationTimeout, "invocation-timeout", proxy.DefaultTime, "how long a model of an endpoint may take to answer a request")
	flags.Var(&f.invocationBody, "max-invocation-body", "the longest body of a request to an endpoint")
	flags.StringVar(&f.CacheDir, "cache-dir", os.Getenv("SAGEBRUSH_CACHE_DIR"), "directory of the environments of images (SAGEBRUSH_CACHE_DIR; default the user's cache)")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&f.logFormat, "log-format", "text", "text or json")
	return cmd
}

func withDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (c *cli) serve(ctx context.Context, f serveFlags) error {
	logger, err := c.logger(f.logLevel, f.logFormat)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	f.Logger, f.DataDir, f.Version = logger, c.dataDir, currentVersion().Version
	f.JobMemory, f.MaxInvocationBody = int64(f.jobMemory), int64(f.invocationBody)
	f.NoSearch = !f.search
	paceCollector()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer drainOnSignal(stop, logger)()

	server, err := app.Open(ctx, f.Config)
	if err != nil {
		return explain(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	if err := c.sayReady(ctx, served); err != nil {
		stop()
		return errors.Join(err, server.Close())
	}
	return errors.Join(<-served, server.Close())
}

// paceCollector lets the heap grow to three times what is in use: it is small
// (tens of megabytes), and collecting it less often shortens the slowest answers.
// GOGC still has the last word.
func paceCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// sayReady prints the one line once the server answers.
func (c *cli) sayReady(ctx context.Context, served chan error) error {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-served:
			served <- err // it ended, with or without an error, before it was ready
			return nil
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s, err := datadir.Dir(c.dataDir).Find(ctx)
			if err != nil || s.PID != os.Getpid() {
				continue
			}
			_, err = fmt.Fprintf(c.out, "Sagebrush %s is ready at %s (account %s, region %s) in %d ms\n",
				s.Version, s.Address, s.Account, s.Region, time.Since(c.started).Milliseconds())
			return err
		}
	}
}

// drainOnSignal calls drain at the first signal to stop, and ends the process
// at the second. What it answers undoes that.
func drainOnSignal(drain func(), logger *slog.Logger) (restore func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		if s, ok := <-signals; ok {
			logger.Info("stopping: a second signal ends at once", "signal", s.String())
			drain()
		}
		if _, ok := <-signals; ok {
			os.Exit(exitSecondStop)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

func (c *cli) logger(level, format string) (*slog.Logger, error) {
	var o slog.HandlerOptions
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usage("--log-level takes debug, info, warn or error, got %q", level)
	}
	o.Level = l
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(c.err, &o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(c.err, &o)), nil
	}
	return nil, usage("--log-format takes text or json, got %q", format)
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// check refuses what can be told to be wrong from the flags alone.
func (f *serveFlags) check() error {
	switch {
	case !accountPattern.MatchString(f.AccountID):
		return usage("--account-id takes 12 digits, got %q", f.AccountID)
	case !regionPattern.MatchString(f.Region):
		return usage("--region takes a region such as us-east-1, got %q", f.Region)
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return usage("--tls-cert and --tls-key go together")
	case f.MaxJobs < 0:
		return usage("--max-jobs takes a number of jobs, got %d", f.MaxJobs)
	case f.StopGrace <= 0:
		return usage("--stop-grace takes a time such as 120s, got %v", f.StopGrace)
	case f.InvocationTimeout <= 0:
		return usage("--invocation-timeout takes a time such as 60s, got %v", f.InvocationTimeout)
	case !slices.Contains([]time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}, f.AutoscalingPeriod) && (f.AutoscalingPeriod <= 0 || f.AutoscalingPeriod%time.Minute != 0):
		return usage("--autoscaling-period takes 1s, 5s, 10s, 30s or whole minutes, got %v", f.AutoscalingPeriod)
	case f.ServerlessIdle <= 0:
		return usage("--serverless-idle takes a time such as 5m, got %v", f.ServerlessIdle)
	case f.Database != "sqlite" && !strings.HasPrefix(f.Database, "postgres://") && !strings.HasPrefix(f.Database, "postgresql://"):
		return usage("--database takes sqlite or a postgres:// URL")
	case f.S3Endpoint != "" && !strings.HasPrefix(f.S3Endpoint, "http://") && !strings.HasPrefix(f.S3Endpoint, "https://"):
		return usage("--s3-endpoint takes an http:// or https:// URL, got %q", f.S3Endpoint)
	}
	if !slices.Contains([]string{app.RunnerAuto, app.RunnerProcess, app.RunnerDocker, app.RunnerFake}, f.Runner) {
		return usage("--runner takes auto, process, docker or fake, got %q", f.Runner)
	}
	for id, dir := range f.FileSystems {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || !strings.HasPrefix(id, "fs-") {
			return usage("--file-system takes an id such as fs-0123456789abcdef0 and a directory that exists, got %s=%s", id, dir)
		}
	}
	return nil
}

// explain adds what to do about the errors that are not the program's.
func explain(err error) error {
	switch {
	case errors.Is(err, datadir.ErrInUse):
		return fmt.Errorf("%w\nStop that server, or give this one its own --data-dir", err)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w\nAnother program listens there; choose another --listen address (port 0 takes a free one)", err)
	}
	return err
}
