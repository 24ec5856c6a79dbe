package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// port is where containers listen (Host-1), unless they are told another.
const port = 8080

// job is what a driver needs of one replica.
type job struct {
	programs
	scope      aws.Scope
	endpoint   string
	model      Model
	containers []Container
	settings   *sagemaker.ProductionVariant
	isolated   bool
	roleARN    string
	// download and health bound the start.
	download, health time.Duration
	instance         *proxy.Instance
	dials            []*dial
	// logs are the files of the containers' log streams, known once it has started.
	logs []string
}

func newJob(s *Service, r *row, f *Fleet, v *Variant, replica Replica) *job {
	set := settings(&f.Config, v.Name)
	j := &job{
		programs: s.programsOf(r, v.retired(replica)), scope: r.Scope, endpoint: r.Name,
		model: v.Model, containers: v.Model.Containers, settings: set,
		isolated: v.Model.Isolated || aws.Val(f.Config.EnableNetworkIsolation), roleARN: v.Model.RoleARN,
		logs: make([]string, len(v.Model.Containers)),
	}
	j.download, j.health = startup(set)
	routed := make([]proxy.Container, len(j.containers))
	for i, c := range j.containers {
		j.dials = append(j.dials, &dial{})
		routed[i] = proxy.Container{Hostname: c.Hostname, Dial: j.dials[i].dial}
	}
	j.instance = proxy.NewInstance(j.programs.instance(), stream(replica, j.programs.instance(), j.containers[0].Hostname, len(j.containers)), routed...)
	return j
}

// dial leads to a container's port once its program is known.
type dial struct {
	mu      sync.Mutex
	program run.Process
	port    int
}

var errNotStarted = errors.New("endpoint: the container has not been started")

func (d *dial) set(p run.Process) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.program = p
}

func (d *dial) dial(ctx context.Context) (net.Conn, error) {
	d.mu.Lock()
	p, at := d.program, d.port
	d.mu.Unlock()
	if p == nil {
		return nil, errNotStarted
	}
	return p.Dial(ctx, at)
}

// place is kept in the replica's directory, so that a server that comes back finds
// its way.
type place struct {
	Ports []int
	// Images are what the containers' images were resolved to.
	Images []resolved
}

func (j *job) placeFile() string         { return filepath.Join(j.dir, "place.json") }
func (j *job) containerDir(i int) string { return filepath.Join(j.dir, j.containers[i].Hostname) }
func (j *job) streamOf(i int) string {
	return stream(j.replica, j.programs.instance(), j.containers[i].Hostname, len(j.containers))
}

// find answers the programs of a replica that was started before; nil when it was
// not, run.ErrLost when they are gone.
func (j *job) find(ctx context.Context, set func(func(*condition))) ([]run.Process, error) {
	text, err := os.ReadFile(j.placeFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var at place
	if err := json.Unmarshal(text, &at); err != nil || len(at.Ports) != len(j.containers) {
		return nil, run.ErrLost // the machine stopped while it was written
	}
	if err := j.openLogs(ctx); err != nil {
		return nil, err
	}
	found := make([]run.Process, len(j.containers))
	for i := range j.containers {
		runner := j.runner(i)
		if found[i], err = runner.Attach(ctx, runner.HandleOf(j.id(i))); err != nil {
			return nil, err
		}
		j.dials[i].port = at.Ports[i]
	}
	set(func(c *condition) { c.images = at.Images })
	return found, nil
}

// start brings the images and the model's data, lays out the directories, and
// starts all containers.
func (j *job) start(ctx context.Context, set func(func(*condition))) ([]run.Process, error) {
	if err := os.RemoveAll(j.dir); err != nil {
		return nil, err
	}
	images, specs := make([]resolved, len(j.containers)), make([]run.Spec, len(j.containers))
	if err := j.openLogs(ctx); err != nil {
		return nil, err
	}
	at := place{Images: images}
	for i := range j.containers {
		var err error
		if specs[i], images[i], err = j.prepare(ctx, i); err != nil {
			return nil, err
		}
		at.Ports = append(at.Ports, j.dials[i].port)
	}
	set(func(c *condition) { c.images = images })
	text, err := json.Marshal(at)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(j.placeFile(), text, 0o600); err != nil {
		return nil, err
	}
	started := make([]run.Process, len(specs))
	for i, spec := range specs {
		if started[i], err = j.runner(i).Start(ctx, spec); err != nil {
			return nil, err
		}
	}
	return started, nil
}

// openLogs creates the log streams.
func (j *job) openLogs(ctx context.Context) error {
	return j.s.DB.Update(ctx, func(tx *store.Tx) error {
		for i := range j.containers {
			path, err := j.s.Streams.Create(tx, j.scope, logGroup(j.endpoint), j.streamOf(i))
			if err != nil {
				return err
			}
			j.logs[i] = path
		}
		return nil
	})
}

// network is where a container lives. Where a runner gives every network its own
// ports, all containers listen on 8080; elsewhere each gets a port of the machine.
func (j *job) network(i int) run.Network {
	if !j.isolated && !j.runner(i).Traits().OwnPorts {
		return run.Network{}
	}
	n := run.Network{ID: j.id(i), Hosts: []string{j.containers[i].Hostname}, Isolated: j.isolated}
	if !j.isolated {
		n.Reach = []string{j.s.Access.Address()}
	}
	return n
}

// choosePort is the port of a container, as it is to listen.
func (j *job) choosePort(i int) (int, error) {
	if j.network(i).ID != "" && j.runner(i).Traits().OwnPorts || j.isolated {
		return port, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// limits are the figures of the variant's instance type, or the machine's where it
// has less (docs/capacity.md).
func (j *job) limits() run.Limits {
	l := run.Limits{MemoryBytes: j.s.MemoryLimit, Grace: stopGrace}
	bytes := int64(0)
	if c := j.settings.ServerlessConfig; c != nil {
		bytes = int64(*c.MemorySizeInMB) << 20
	} else if t, ok := instance.Lookup(string(j.settings.InstanceType)); ok {
		l.CPUs, bytes = float64(min(max(1, t.VCPUs), runtime.NumCPU())), t.MemoryBytes
	}
	if bytes > 0 && (l.MemoryBytes == 0 || bytes < l.MemoryBytes) {
		l.MemoryBytes = bytes
	}
	return l
}
