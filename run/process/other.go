//go:build !linux

package process

import (
	"errors"
	"log/slog"

	"github.com/sagebrush/sagebrush/run"
)

// Runner exists on Linux only.
type Runner struct{ run.Runner }

// Hidden is a directory that programs find empty.
type Hidden struct {
	Dir  string
	Keep []string
}

// Hide has no programs to hide anything from.
func (r *Runner) Hide(Hidden) {}

// New refuses: this runner needs Linux.
func New(string, []string, *slog.Logger) (*Runner, error) {
	return nil, errors.New("process: programs can be run on Linux only")
}

// Supervise refuses: this runner needs Linux.
func Supervise([]string) int { return 2 }
