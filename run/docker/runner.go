package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
)

// Config of a Runner.
type Config struct {
	// Dir keeps its state; it is made.
	Dir string
	// Init are the words that run inside.Main: a static Linux binary of this
	// machine ("/proc/self/exe" for the running one) and its first arguments.
	Init []string
	// Host is the engine, such as "unix:///var/run/docker.sock"; "" for what
	// DOCKER_HOST says, or that default.
	Host string
	// Subnets is what networks of jobs are cut from; the zero value means
	// DefaultSubnets. What overlaps with the machine's own networks is left out.
	Subnets netip.Prefix
	// Spares is how many networks of a kind (open, isolated) are kept ready once a
	// job has wanted one of that kind: making one takes longer than all else that a
	// start needs beyond the engine's own work. 0 keeps none.
	Spares int
	// Logger gets what no caller learns; nil means slog.Default().
	Logger *slog.Logger
}

// DefaultSubnets is outside of what engines take by themselves.
const DefaultSubnets = "10.222.0.0/16"

// Labels of containers and networks.
const (
	// LabelOwner is the random word in Config.Dir.
	LabelOwner = "com.github.sagebrush.owner"
	// LabelID is run.Spec.ID, of containers.
	LabelID = "com.github.sagebrush.id"
	// LabelNetwork is the name of the job's network, also of the containers on it.
	LabelNetwork = "com.github.sagebrush.network"
)

// Runner is the run.Runner of this package.
type Runner struct {
	dir     string
	init    []string // the path of our copy of the binary, and its arguments
	subnets netip.Prefix
	logger  *slog.Logger
	owner   string
	api     *client.Client
	engine  engine
	doors   doors
	stock   *stock // nil without spare networks
}

var _ run.Runner = (*Runner)(nil)

// handle is the content of a run.Handle.
type handle struct{ ID string }

// New asks the engine what it is; an error says in a sentence why containers
// cannot be run here.
func New(ctx context.Context, c Config) (*Runner, error) {
	r := &Runner{logger: c.Logger, subnets: c.Subnets}
	if r.logger == nil {
		r.logger = slog.Default()
	}
	if !r.subnets.IsValid() {
		r.subnets = netip.MustParsePrefix(DefaultSubnets)
	}
	if !r.subnets.Addr().Is4() {
		return nil, fmt.Errorf("docker: the subnets %s are not IPv4", r.subnets)
	}
	r.subnets = r.subnets.Masked()
	if len(c.Init) == 0 {
		return nil, errors.New("docker: no command for the first process of containers")
	}
	var err error
	if r.dir, err = filepath.Abs(c.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, fmt.Errorf("docker: make the state directory: %w", err)
	}
	binary, err := installInit(r.dir, c.Init[0])
	if err != nil {
		return nil, err
	}
	r.init = append([]string{binary}, c.Init[1:]...)
	if r.owner, err = ownerOf(r.dir); err != nil {
		return nil, fmt.Errorf("docker: name the owner of containers: %w", err)
	}
	if err := r.connect(ctx, c.Host); err != nil {
		return nil, err
	}
	if c.Spares > 0 {
		r.stock = r.keepStock(c.Spares)
	}
	return r, nil
}

// Close lets go of the engine, removes spare networks and closes the ways from
// containers to this server. Programs go on. It is called once.
func (r *Runner) Close() error {
	r.doors.shutAll()
	var err error
	if r.stock != nil {
		r.stock.stop()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err = r.removeSpares(ctx)
	}
	return errors.Join(err, r.api.Close())
}

// Traits implements run.Runner.
func (r *Runner) Traits() run.Traits {
	return run.Traits{Name: "docker", Isolation: true, Interface: "eth0", OwnPorts: true}
}

// HandleOf implements run.Runner.
func (r *Runner) HandleOf(id string) run.Handle {
	h, _ := json.Marshal(handle{ID: id}) // a string always marshals
	return run.Handle(h)
}

// find reads a handle.
func (r *Runner) find(h run.Handle) (*proc, error) {
	var in handle
	if err := json.Unmarshal(h, &in); err != nil || in.ID == "" {
		return nil, fmt.Errorf("docker: %q is no handle of this runner", h)
	}
	return r.proc(in.ID), nil
}

func (r *Runner) proc(id string) *proc {
	h := hash(id)
	return &proc{r: r, id: id, name: "sagebrush-" + r.owner + "-" + h, dir: stateDir(filepath.Join(r.dir, h))}
}
