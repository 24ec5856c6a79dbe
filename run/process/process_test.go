//go:build linux

package process_test

import (
	"os"
	"testing"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
	"github.com/sagebrush/sagebrush/run/runtest"
)

// self makes the test binary its own supervisor, see TestMain.
var self = []string{"/proc/self/exe", "supervise"}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "supervise" {
		os.Exit(process.Supervise(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(serve(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "tool" {
		os.Exit(runtest.Tool(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "harm" {
		os.Exit(harm(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func subject(t *testing.T) runtest.Subject {
	dir := t.TempDir()
	again := func() run.Runner {
		r, err := process.New(dir, self, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	return runtest.Subject{Runner: again(), Again: again}
}

// The contract of all runners; StopTrainingJob-1 and TrainContainer-2 among it.
func TestContract(t *testing.T) {
	t.Parallel()
	runtest.Exercise(t, subject, capabilities(t))
}
