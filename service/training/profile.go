package training

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/run"
)

// profileTick is how often an instance is sampled for the profiler unless the
// request says otherwise (CreateTrainingJob-16).
const profileTick = 500 * time.Millisecond

// profileInterval is how often the request wants samples, 0 where it wants none.
func profileInterval(p *sagemaker.ProfilerConfig) time.Duration {
	switch {
	case p == nil || p.S3OutputPath == nil || aws.Val(p.DisableProfiler):
		return 0
	case p.ProfilingIntervalInMilliseconds != nil:
		return time.Duration(*p.ProfilingIntervalInMilliseconds) * time.Millisecond
	}
	return profileTick
}

// profileEvent is one line of the profiler's system metrics.
type profileEvent struct {
	Type      string
	Name      string
	Dimension string
	Value     float64
	NodeID    string `json:"NodeId"`
	Timestamp float64
}

// note keeps a sample for the profiler's file.
func (m *meter) note(i int, from, to run.Usage) {
	if m.profile == 0 {
		return
	}
	host := m.row.Body.Hosts[i]
	at := float64(to.At.UnixMicro()) / 1e6
	var events []profileEvent
	if cpu, ok := busy(from, to); ok {
		events = append(events, profileEvent{"cpu", "cpu", "CPUUtilization", cpu, host.Name, at})
	}
	if limit := m.service.limits(&m.row.Body.Request, host).MemoryBytes; limit > 0 && to.MemoryBytes >= 0 {
		events = append(events, profileEvent{"memory", "memory", "MemoryUsedPercent", 100 * float64(to.MemoryBytes) / float64(limit), host.Name, at})
	}
	for _, e := range events {
		line, _ := json.Marshal(e) // strings and numbers always encode
		m.hosts[i].profiled.Write(append(line, '\n'))
	}
	if m.hosts[i].profiled.Len() > 1<<20 {
		m.writeProfile(i, to.At)
	}
}

// writeProfile puts the samples so far into a file of the profiler's directory,
// from where they are mirrored into S3.
func (m *meter) writeProfile(i int, at time.Time) {
	buf := &m.hosts[i].profiled
	if buf.Len() == 0 {
		return
	}
	host := m.row.Body.Hosts[i].Name
	ml := m.service.mlDir(m.work, host)
	if !own(ml, "output", "profiler") {
		return // the program put something else in its place
	}
	at = at.UTC()
	dir := filepath.Join(ml, profilerDir, "system", "incremental", at.Format("2006010215"))
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.%s.json", at.UnixMilli(), host)), buf.Bytes(), 0o644)
	}
	if err != nil {
		m.service.log(m.work).Warn("the profiler's samples could not be written", "error", err)
	}
	buf.Reset()
}
