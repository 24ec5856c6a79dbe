// Command sagebrush is the server and everything that sets it up: flags in,
// package app out. It decides nothing that a user of the packages would miss.
//
// Exit codes: 0 success; 1 failure; 2 wrong usage; 3 no server is running on the
// data directory; exec: the program's own, 126 when it cannot be run and 127
// when it is not found.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sagebrush/sagebrush/channel/feed"
	"github.com/sagebrush/sagebrush/internal/datadir"
	"github.com/sagebrush/sagebrush/native"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/process"
)

const (
	exitFailure    = 1
	exitUsage      = 2
	exitNoServer   = 3
	exitCannotRun  = 126
	exitNotFound   = 127
	exitSecondStop = 130
)

func main() {
	started := time.Now()
	// The supervisor of a job's program is this binary too, and so is the feeder of
	// its data. They come before everything, because they must stay as small as
	// they can.
	if len(os.Args) > 1 && os.Args[1] == "supervise" {
		os.Exit(process.Supervise(os.Args[2:]))
	}
	// So is the first process of a job's container.
	if len(os.Args) > 1 && os.Args[1] == "contain" {
		os.Exit(inside.Main(os.Args[2:]))
	}
	// And the process that brings data to the programs of a job.
	if len(os.Args) > 1 && os.Args[1] == "feed" {
		os.Exit(feed.Main(os.Args[2:]))
	}
	// And a replica that serves trees without Python.
	if len(os.Args) > 1 && os.Args[1] == "native-serve" {
		os.Exit(native.Main())
	}
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}, started))
}

// run executes one command line and answers the exit code.
func run(ctx context.Context, args []string, s streams, started time.Time) int {
	root := newRoot(s, started)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var code exitError
	if errors.As(err, &code) && code.err == nil {
		return code.code
	}
	fmt.Fprintf(s.err, "sagebrush: %v\n", err)
	switch {
	case errors.As(err, &code):
		return code.code
	case errors.Is(err, datadir.ErrNoServer):
		fmt.Fprintf(s.err, "Start one with: sagebrush serve\n")
		return exitNoServer
	}
	return exitFailure
}

// exitError is an error with an exit code of its own; err nil says nothing.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }

func (e exitError) Unwrap() error { return e.err }

// usage is the error of a wrong command line.
func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}
