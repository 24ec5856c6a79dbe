package app

import (
	"context"
	"maps"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
)

// fakes are what stands in for a container engine with RunnerFake: every image is
// there, and its programs do what variables in a job's Environment say (package
// run/fake), so that tests of what surrounds jobs take milliseconds.
type fakes struct{ *fake.Runner }

// Start implements run.Runner. The log says what the job was, because nothing else
// about it looks different.
func (f fakes) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	s.Env = maps.Clone(s.Env)
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	const notice = "No program runs: this server was started with --runner fake. FAKE_… variables of the job's Environment say what happens."
	if lines := s.Env["FAKE_LOG"]; lines != "" {
		s.Env["FAKE_LOG"] = notice + "\n" + lines
	} else {
		s.Env["FAKE_LOG"] = notice
	}
	return f.Runner.Start(ctx, s)
}

// Pull has nothing to bring; an image that nobody looked at has no digest.
func (fakes) Pull(context.Context, string, string, func(string)) (string, error) { return "", nil }

// Knows says yes: credentials that are not used do not matter.
func (fakes) Knows(string) bool { return true }

// Clean has nothing to remove: its programs end with the server.
func (fakes) Clean(context.Context, func(string) bool) error { return nil }
