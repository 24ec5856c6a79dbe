//go:build !linux

package process

import (
	"errors"
	"log/slog"

	"github.com/sagebrush/sagebrush/run"
)

// Runner exists on Linux only.
type Runner struct{ run.Runner }

// New refuses: this runner needs Linux.
func New(string, []string, *slog.Logger) (*Runner, error) {
	return nil, errors.New("process: programs can be run on Linux only")
}

// Supervise refuses: this runner needs Linux.
func Supervise([]string) int { return 2 }
