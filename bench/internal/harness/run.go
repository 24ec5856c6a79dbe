package harness

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// Run is the main function of the benchmark of that name, whose flags have been
// declared; it adds -output and parses them. measure fills the report, which is
// printed at its end, and may leave what it likes in dir: that is removed when
// the programs that it started in there have ended.
func Run(name string, measure func(ctx context.Context, dir string, r *Report) error) {
	var output string
	flag.Func("output", "table (the default) or json", func(v string) error {
		if v != "table" && v != "json" {
			return fmt.Errorf("it is table or json")
		}
		output = v
		return nil
	})
	flag.Parse()
	Main(func(ctx context.Context) error {
		r := newReport(name)
		if err := inDirectory(ctx, r, measure); err != nil {
			return err
		}
		return r.print(os.Stdout, output == "json")
	})
}

// inDirectory measures in a new directory.
func inDirectory(ctx context.Context, r *Report, measure func(ctx context.Context, dir string, r *Report) error) error {
	dir, err := os.MkdirTemp("", "sagebrush-bench-")
	if err != nil {
		return err
	}
	defer RemoveAll(dir)
	return measure(ctx, dir, r)
}

// Main runs a program and ends the process with its error. An interrupt ends
// ctx, so that what was started is stopped.
func Main(run func(ctx context.Context) error) {
	debug.SetGCPercent(400) // the generator's own collections disturb what it measures
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
