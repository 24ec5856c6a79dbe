package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/run"
)

// How a replica is watched (Host-3). One that does not answer so often in a row is
// replaced.
const (
	pingTimeout = 2 * time.Second
	pingPause   = 5 * time.Second
	pingStart   = 10 * time.Millisecond // while it starts; doubles up to pingSlow
	pingSlow    = 500 * time.Millisecond
	maxMissed   = 3
)

// Driver brings one replica up and watches it, in a goroutine of its own.
type Driver struct {
	job      *job
	instance *proxy.Instance
	models   *Models
	cancel   context.CancelFunc
	ended    chan struct{}

	mu sync.Mutex
	is Condition
	// used is what Utilization saw last.
	used run.Usage
}

// Condition is what is known of the replica now.
func (d *Driver) Condition() Condition {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.is
}

// Instance is what the data path sends requests to.
func (d *Driver) Instance() *proxy.Instance { return d.instance }

// Models are those of a replica whose container serves many, nil for others.
func (d *Driver) Models() *Models { return d.models }

// Close stops driving; the replica lives on.
func (d *Driver) Close() {
	d.cancel()
	<-d.ended
}

// Drive begins to drive a replica: it finds the programs that run, or starts them.
// tell is called whenever its condition has changed.
func (m *Machine) Drive(ctx context.Context, s Spec, tell func()) *Driver {
	ctx, cancel := context.WithCancel(ctx)
	j := m.newJob(s)
	d := &Driver{job: j, cancel: cancel, ended: make(chan struct{}), instance: j.instance, models: j.models, is: Condition{Unseen: true}}
	if j.models != nil {
		j.models.life = ctx
	}
	go func() {
		defer close(d.ended)
		set := func(change func(c *Condition)) {
			d.mu.Lock()
			change(&d.is)
			d.mu.Unlock()
			tell()
		}
		err := j.live(ctx, set)
		if ctx.Err() != nil {
			return
		}
		m.Logger.Info("a replica does not serve", "replica", s.Name, "because", err)
		set(func(c *Condition) {
			if c.Phase == Healthy {
				c.Phase = Ailing
			} else {
				c.Phase = Hopeless
			}
			c.Reason, c.Unseen = reasonOf(err), false
		})
	}()
	return d
}

// reasonOf is what the user is told; what is not meant for users is masked.
func reasonOf(err error) string {
	var known *aws.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "InternalServerError: the server could not start it; its log says why."
}

// live brings the replica up and watches it until it does not serve any more. The
// error says why.
func (j *job) live(ctx context.Context, set func(func(*Condition))) error {
	programs, err := j.find(ctx, set)
	if errors.Is(err, run.ErrLost) {
		set(func(c *Condition) { c.Lost, c.Unseen = true, false })
		if err := j.m.forget(ctx, j.Programs); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if programs == nil {
		set(func(c *Condition) { c.Unseen = false })
		if programs, err = j.start(ctx, set); err != nil {
			return err
		}
	}
	for i, p := range programs {
		j.dials[i].set(p)
	}
	watch, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for i, p := range programs {
		waiting.Go(func() {
			exit, err := p.Wait(watch)
			if watch.Err() == nil {
				j.dump(ctx, i)
				cancel(j.endReason(i, exit, err))
			}
		})
	}
	defer cancel(nil)
	if err := j.awaitHealth(watch, func() { set(func(c *Condition) { c.Unseen = false }) }); err != nil {
		return causeOf(watch, err)
	}
	set(func(c *Condition) { c.Phase, c.Lost, c.Unseen, c.Reason = Healthy, false, false, "" })
	return causeOf(watch, j.watch(watch))
}

// causeOf prefers the end of a program to what followed from it.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// endReason says how a container ended that should have served on.
func (j *job) endReason(i int, exit run.Exit, err error) error {
	c := j.containers[i]
	said := ""
	if line := logstream.LastLine(j.logs[i]); line != "" {
		said = fmt.Sprintf(" It said last: %s", line)
	}
	switch {
	case err != nil:
		return err
	case exit.Reason != "":
		return aws.Invalid("The container %s (%s) could not be started: %s", c.Hostname, c.Image, exit.Reason)
	case exit.OOMKilled:
		return aws.Invalid("The container %s (%s) needed more memory than its instance has and was ended.%s", c.Hostname, c.Image, said)
	case exit.Signal != "":
		return aws.Invalid("The container %s (%s) was ended by %s.%s", c.Hostname, c.Image, exit.Signal, said)
	}
	return aws.Invalid("The container %s (%s) exited with status %d instead of serving.%s", c.Hostname, c.Image, exit.Code, said)
}

// awaitHealth waits until all containers answer /ping. It calls notYet once if they
// do not at first.
func (j *job) awaitHealth(ctx context.Context, notYet func()) error {
	ctx, cancel := context.WithTimeoutCause(ctx, j.Health, errUnhealthy)
	defer cancel()
	tell := sync.OnceFunc(notYet)
	for i := range j.containers {
		pause := pingStart
		for {
			err := j.ping(ctx, i)
			if err == nil {
				break
			}
			tell()
			select {
			case <-ctx.Done():
				if errors.Is(context.Cause(ctx), errUnhealthy) {
					return aws.Invalid("The container %s (%s) did not pass the ping health check within %s: %v. Please check CloudWatch logs for this endpoint.",
						j.containers[i].Hostname, j.containers[i].Image, j.Health, err)
				}
				return ctx.Err()
			case <-time.After(pause):
			}
			pause = min(2*pause, pingSlow)
		}
	}
	return nil
}

var errUnhealthy = errors.New("replica: the time to become healthy is over")

// watch pings the containers until one of them fails for too long.
func (j *job) watch(ctx context.Context) error {
	tick := time.NewTicker(pingPause)
	defer tick.Stop()
	missed := make([]int, len(j.containers))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		for i, c := range j.containers {
			err := j.ping(ctx, i)
			if err == nil {
				missed[i] = 0
				continue
			}
			if missed[i]++; missed[i] >= maxMissed && ctx.Err() == nil {
				return aws.Invalid("The container %s (%s) does not answer /ping any more: %v", c.Hostname, c.Image, err)
			}
		}
	}
}
