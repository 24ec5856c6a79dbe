package proxy

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// avoidFor is how long an instance that refused a connection is passed over
// while others answer.
const avoidFor = time.Second

// Container is one container of an instance.
type Container struct {
	// Hostname is its name inside the endpoint, "" for "primary".
	Hostname string
	// Dial connects to its port.
	Dial func(ctx context.Context) (net.Conn, error)
}

// Instance is one replica of a model: a container, or several that share it. An
// Instance keeps connections, so use the same one as long as the replica lives.
type Instance struct {
	// ID tells instances of a variant apart.
	ID string
	// LogStream is the name of its log stream in the endpoint's log group
	// (Host-8), "" when there is none.
	LogStream string

	containers  []*container
	outstanding atomic.Int64
	avoidUntil  atomic.Int64 // in Unix nanoseconds
	// demand is whose instance it is, nil for that of no serverless variant.
	demand atomic.Pointer[Demand]
}

// container is a Container with its connections.
type container struct {
	Container
	pool pool
}

// NewInstance makes an Instance. The containers are in the order of the pipeline.
func NewInstance(id, logStream string, containers ...Container) *Instance {
	in := &Instance{ID: id, LogStream: logStream}
	for _, c := range containers {
		if c.Hostname == "" {
			c.Hostname = "primary"
		}
		in.containers = append(in.containers, &container{Container: c, pool: pool{open: c.Dial}})
	}
	return in
}

// Outstanding is how many requests it has not answered yet: an instance that is
// taken out of the table may be stopped once there are none.
func (i *Instance) Outstanding() int { return int(i.outstanding.Load()) }

// enter counts a request in, unless there are as many as limit.
func (i *Instance) enter(limit int) bool {
	if i.outstanding.Add(1) > int64(limit) {
		i.outstanding.Add(-1)
		return false
	}
	return true
}

// leave counts it out.
func (i *Instance) leave() {
	i.outstanding.Add(-1)
	if d := i.demand.Load(); d != nil {
		d.left(i)
	}
}

// avoid has others chosen for a moment.
func (i *Instance) avoid(now time.Time) { i.avoidUntil.Store(now.Add(avoidFor).UnixNano()) }

// avoided says whether others are to be chosen. An instance that was never
// avoided does not look at the clock.
func (i *Instance) avoided() bool {
	until := i.avoidUntil.Load()
	return until != 0 && time.Now().UnixNano() < until
}

// open has connections kept, also after close.
func (i *Instance) open() {
	for _, c := range i.containers {
		c.pool.keep()
	}
}

// close closes the connections that are not in use, and those in use after it.
func (i *Instance) close() {
	for _, c := range i.containers {
		c.pool.close()
	}
}
