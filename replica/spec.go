package replica

import (
	"fmt"
	"runtime"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/run"
)

// Spec is a replica as it is to be. The same replica is asked for with the same
// Spec, also by a server that comes back.
type Spec struct {
	Programs
	Scope aws.Scope
	Model Model
	// Isolated containers reach nothing and nobody, whatever the model says.
	Isolated bool
	// LogGroup and LogStream name where the lines of its containers go: to the stream
	// LogStream/instance, or LogStream/instance/container of several (Host-8).
	LogGroup, LogStream string
	// Environment is what its containers find beside the contract's variables and
	// their own, which win.
	Environment map[string]string
	// CoreDumps is the S3 URI under which the core files of its containers are put, ""
	// for none.
	CoreDumps string
	// CPUs and MemoryBytes bound each container, 0 for the machine's.
	CPUs        float64
	MemoryBytes int64
	// Download and Health bound the start: bringing the model's data, and becoming
	// healthy after that (Host-3).
	Download, Health time.Duration
}

// stream is the log stream of a container.
func (s *Spec) stream(i int) string {
	if len(s.Model.Containers) == 1 {
		return fmt.Sprintf("%s/%s", s.LogStream, s.Instance())
	}
	return fmt.Sprintf("%s/%s/%s", s.LogStream, s.Instance(), s.Model.Containers[i].Hostname)
}

// limits are the replica's, or the machine's where it has less (docs/capacity.md).
func (j *job) limits() run.Limits {
	l := run.Limits{MemoryBytes: j.m.MemoryLimit, Grace: stopGrace}
	if j.CPUs > 0 {
		l.CPUs = min(max(1, j.CPUs), float64(runtime.NumCPU()))
	}
	if j.MemoryBytes > 0 && (l.MemoryBytes == 0 || j.MemoryBytes < l.MemoryBytes) {
		l.MemoryBytes = j.MemoryBytes
	}
	return l
}
