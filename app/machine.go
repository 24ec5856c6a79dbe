package app

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/sagebrush/sagebrush/algo/capacity"
	"github.com/sagebrush/sagebrush/run/process"
)

// machine is what this machine has for jobs.
func machine(c Config) capacity.Machine {
	devices, _ := filepath.Glob("/dev/nvidia[0-9]*") // the pattern is valid
	return capacity.Machine{CPUs: runtime.NumCPU(), GPUs: len(devices), MemoryBytes: memoryBytes("/proc/meminfo"), MaxJobs: c.MaxJobs}
}

// memoryBytes is the machine's memory, 0 where the system does not say.
func memoryBytes(path string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var kib int64
		if _, err := fmt.Sscanf(in.Text(), "MemTotal: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}

// hidden is the data directory, but for the images' environments where they lie
// in it.
func hidden(data, cache string) process.Hidden {
	h := process.Hidden{Dir: data}
	if rel, err := filepath.Rel(data, cache); err == nil && filepath.IsLocal(rel) {
		h.Keep = []string{cache}
	}
	return h
}
