//go:build linux

package process_test

import (
	"fmt"
	"io"
	"os/exec"
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
