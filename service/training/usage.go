package training

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// usageTick is how often an instance's utilisation is published.
const usageTick = 5 * time.Second

// meter measures what the programs of a job use: as CloudWatch metrics of each
// instance (TrainContainer-14), and as the profiler's system metrics where those
// were asked for (TrainContainer-11).
type meter struct {
	service  *Service
	work     work
	row      *row
	programs []run.Process
	hosts    []hostMeter
	profile  time.Duration // 0 without a profiler
}

// hostMeter is what is known of one host.
type hostMeter struct {
	last     run.Usage // the previous sample, for the next profiler entry
	reported run.Usage // the previous one that was published
	profiled bytes.Buffer
}

func (s *Service) newMeter(w work, r *row, programs []run.Process) *meter {
	return &meter{
		service: s, work: w, row: r, programs: programs, hosts: make([]hostMeter, len(programs)),
		profile: profileInterval(r.Body.Request.ProfilerConfig),
	}
}

// run measures until ctx ends.
func (m *meter) run(ctx context.Context) {
	interval := usageTick
	if m.profile > 0 {
		interval = min(interval, m.profile)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var published time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := m.service.Now()
		publish := now.Sub(published) >= usageTick
		if publish {
			published = now
		}
		m.sample(ctx, publish)
	}
}

// sample takes one measurement of every host. One that cannot be measured, such
// as one that has just ended, is left out.
func (m *meter) sample(ctx context.Context, publish bool) {
	var points []Metric
	for i, p := range m.programs {
		u, err := p.Usage(ctx)
		if err != nil {
			continue
		}
		h := &m.hosts[i]
		m.note(i, h.last, u)
		h.last = u
		if publish {
			points = append(points, m.points(i, h.reported, u)...)
			h.reported = u
		}
	}
	if err := m.publish(ctx, points); err != nil && ctx.Err() == nil {
		m.service.log(m.work).Warn("the instances' utilisation could not be published", "error", err)
	}
}

func (m *meter) publish(ctx context.Context, points []Metric) error {
	if len(points) == 0 {
		return nil
	}
	return m.service.Metrics.PublishTrainingMetrics(ctx, m.row.Scope, m.row.Name, points)
}

// points are the metrics of one host between two samples, in percent: of one
// processor, so that four busy ones are 400, of the memory limit, of the volume.
func (m *meter) points(i int, from, to run.Usage) []Metric {
	host := m.row.Body.Hosts[i]
	point := func(name string, value float64) Metric {
		return Metric{Name: name, Value: value, Time: to.At.UTC(), Host: host.Name, Seq: to.At.UnixMilli()}
	}
	var points []Metric
	if cpu, ok := busy(from, to); ok {
		points = append(points, point("CPUUtilization", cpu))
	}
	if limit := m.service.limits(&m.row.Body.Request, host).MemoryBytes; limit > 0 && to.MemoryBytes >= 0 {
		points = append(points, point("MemoryUtilization", 100*float64(to.MemoryBytes)/float64(limit)))
	}
	return points
}

// busy is the share of one processor that was used between two samples, in
// percent; not known before the second sample.
func busy(from, to run.Usage) (percent float64, ok bool) {
	wall := to.At.Sub(from.At)
	if from.At.IsZero() || wall <= 0 || to.CPUTime < from.CPUTime {
		return 0, false
	}
	return 100 * float64(to.CPUTime-from.CPUTime) / float64(wall), true
}

// finish publishes what the ended programs used in all, so that short jobs have
// their metrics too.
func (m *meter) finish(ctx context.Context, outcomes []outcome) error {
	var points []Metric
	for _, o := range outcomes {
		if o.err != nil || o.exit.StartedAt.IsZero() {
			continue
		}
		from := run.Usage{At: o.exit.StartedAt}
		to := run.Usage{At: o.exit.EndedAt, CPUTime: o.exit.CPUTime, MemoryBytes: o.exit.MaxMemoryBytes}
		points = append(points, m.points(o.host, from, to)...)
		if used, ok := m.diskUsed(o.host); ok {
			points = append(points, used)
		}
		if m.hosts[o.host].last.At.IsZero() {
			m.note(o.host, from, to)
		}
	}
	for i := range m.hosts {
		m.writeProfile(i, m.service.Now())
	}
	return m.publish(ctx, points)
}

// diskUsed is how much of its volume a host has filled, in percent.
func (m *meter) diskUsed(i int) (Metric, bool) {
	volume := m.service.limits(&m.row.Body.Request, m.row.Body.Hosts[i]).DiskBytes
	if volume <= 0 {
		return Metric{}, false
	}
	var used int64
	// What cannot be looked at is not the volume's, or has gone.
	_ = filepath.WalkDir(m.service.mlDir(m.work, m.row.Body.Hosts[i].Name), func(_ string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			used += info.Size()
		}
		return nil
	})
	now := m.service.Now()
	return Metric{
		Name: "DiskUtilization", Value: 100 * float64(used) / float64(volume), Time: now.UTC(),
		Host: m.row.Body.Hosts[i].Name, Seq: now.UnixMilli(),
	}, true
}
