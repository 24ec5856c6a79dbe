//go:build linux

package process_test

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// BenchmarkFirstLine measures Start to the program's first line being readable
// in its log; "bare" is the same program under os/exec, to its first byte.
func BenchmarkFirstLine(b *testing.B) {
	command := []string{"sh", "-c", "echo hello; exec sleep 1000"}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command(command[0], command[1:]...)
			out, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			io.ReadFull(out, make([]byte, 1))
			b.StopTimer()
			cmd.Process.Kill()
			cmd.Wait()
			b.StartTimer()
		}
	})
	for name, limits := range map[string]run.Limits{
		"supervised": {},
		"limited":    {MemoryBytes: 1 << 30, CPUs: 1, Processes: 100},
	} {
		b.Run(name, func(b *testing.B) {
			r, err := process.New(b.TempDir(), self, nil)
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				dir := b.TempDir()
				s := run.Spec{ID: fmt.Sprint(i), Hostname: "algo-1", Command: command, OptML: dir, Log: dir + "/log", Limits: limits}
				p, err := r.Start(b.Context(), s)
				if err != nil {
					b.Fatal(err)
				}
				for {
					if e, _ := logstream.Read(s.Log, 0, 1, 0); len(e) == 1 {
						break
					}
					time.Sleep(200 * time.Microsecond)
				}
				b.StopTimer()
				if err := r.Remove(b.Context(), p.Handle()); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkHosts measures the time from starting the hosts of a job at once
// until the last one's first line is readable.
func BenchmarkHosts(b *testing.B) {
	for _, n := range []int{1, 3, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r, err := process.New(b.TempDir(), self, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.Logf("joined by %s", r.Traits().Interface)
			var names []string
			for i := range n {
				names = append(names, fmt.Sprintf("algo-%d", i+1))
			}
			for i := 0; b.Loop(); i++ {
				var all sync.WaitGroup
				for _, name := range names {
					dir := b.TempDir()
					s := run.Spec{ID: fmt.Sprint(i, name), Hostname: name, Command: []string{"sh", "-c", "echo hello; exec sleep 1000"}, OptML: dir, Log: dir + "/log"}
					s.Network = run.Network{ID: fmt.Sprint(i), Hosts: names}
					all.Go(func() {
						if _, err := r.Start(b.Context(), s); err != nil {
							b.Error(err)
						}
						for {
							if e, _ := logstream.Read(s.Log, 0, 1, 0); len(e) == 1 {
								break
							}
							time.Sleep(200 * time.Microsecond)
						}
					})
				}
				all.Wait()
				b.StopTimer()
				for _, name := range names {
					if err := r.Remove(b.Context(), r.HandleOf(fmt.Sprint(i, name))); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkUsage measures asking what a program uses.
func BenchmarkUsage(b *testing.B) {
	r, err := process.New(b.TempDir(), self, nil)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	p, err := r.Start(b.Context(), run.Spec{ID: "x", Command: []string{"sh", "-c", "sleep 1000 & sleep 1000"}, OptML: dir, Log: dir + "/log"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Usage(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Remove(b.Context(), p.Handle()); err != nil {
		b.Fatal(err)
	}
}
