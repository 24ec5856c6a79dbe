package replica

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// Port is where containers listen (Host-1), unless they are told another.
const Port = 8080

// job is what a driver needs of one replica.
type job struct {
	Spec
	m          *Machine
	containers []Container
	instance   *proxy.Instance
	dials      []*dial
	// models are those of a multi-model container, nil without one.
	models *Models
	// logs are the files of the containers' log streams, known once it has started.
	logs []string
}

func (m *Machine) newJob(s Spec) *job {
	j := &job{Spec: s, m: m, containers: s.Model.Containers, logs: make([]string, len(s.Model.Containers))}
	routed := make([]proxy.Container, len(j.containers))
	for i, c := range j.containers {
		j.dials = append(j.dials, &dial{})
		routed[i] = proxy.Container{Hostname: c.Hostname, Dial: j.dials[i].dial}
	}
	if len(j.containers) == 1 && j.containers[0].MultiModel {
		j.models = j.newModels()
	}
	j.instance = proxy.NewInstance(s.Instance(), s.stream(0), routed...)
	return j
}

func (j *job) isolated() bool { return j.Isolated || j.Model.Isolated }

func (j *job) runner(i int) run.Runner { return j.m.runner(j.Programs, i) }

// dial leads to a container's port once its program is known.
type dial struct {
	mu      sync.Mutex
	program run.Process
	port    int
}

var errNotStarted = errors.New("replica: the container has not been started")

func (d *dial) set(p run.Process) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.program = p
}

// running is the program, nil while it is not known.
func (d *dial) running() run.Process {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.program
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
	Images []Resolved
}

func (j *job) placeFile() string         { return filepath.Join(j.Dir, "place.json") }
func (j *job) containerDir(i int) string { return filepath.Join(j.Dir, j.containers[i].Hostname) }

// find answers the programs of a replica that was started before; nil when it was
// not, run.ErrLost when they are gone.
func (j *job) find(ctx context.Context, set func(func(*Condition))) ([]run.Process, error) {
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
		if found[i], err = runner.Attach(ctx, runner.HandleOf(j.ID(i))); err != nil {
			return nil, err
		}
		j.dials[i].port = at.Ports[i]
	}
	set(func(c *Condition) { c.Images = at.Images })
	return found, nil
}

// start brings the images and the model's data, lays out the directories, and
// starts all containers.
func (j *job) start(ctx context.Context, set func(func(*Condition))) ([]run.Process, error) {
	if err := os.RemoveAll(j.Dir); err != nil {
		return nil, err
	}
	images, specs := make([]Resolved, len(j.containers)), make([]run.Spec, len(j.containers))
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
	set(func(c *Condition) { c.Images = images })
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
	return j.m.DB.Update(ctx, func(tx *store.Tx) error {
		for i := range j.containers {
			path, err := j.m.Streams.Create(tx, j.Scope, j.LogGroup, j.stream(i))
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
	if !j.isolated() && !j.runner(i).Traits().OwnPorts {
		return run.Network{}
	}
	n := run.Network{ID: j.ID(i), Hosts: []string{j.containers[i].Hostname}, Isolated: j.isolated()}
	if !j.isolated() {
		n.Reach = []string{j.m.Access.Address()}
	}
	return n
}

// choosePort is the port of a container, as it is to listen.
func (j *job) choosePort(i int) (int, error) {
	if j.network(i).ID != "" && j.runner(i).Traits().OwnPorts || j.isolated() {
		return Port, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
