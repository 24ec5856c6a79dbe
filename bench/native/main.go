// Command native measures the replica that serves trees without Python, beside
// MLServer with the same models in the same run: requests a second and the time to
// an answer with 1 and 32 connections and at a fixed rate, how long the program
// takes to start, and how long a model of a megabyte takes to load.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// options of a run.
type options struct {
	python  string
	seconds float64
	rounds  int
	rate    float64
	loads   int
}

func main() {
	var o options
	flag.StringVar(&o.python, "mlserver", "bench/.venv-mlserver/bin/python", "Python of an environment with bench/requirements-mlserver.txt")
	flag.Float64Var(&o.seconds, "seconds", 4, "length of a measurement")
	flag.IntVar(&o.rounds, "rounds", 3, "measurements of each kind, both servers in turns")
	flag.Float64Var(&o.rate, "rate", 2000, "requests a second for the time to an answer")
	flag.IntVar(&o.loads, "loads", 20, "models that are loaded")
	harness.Run("native", func(ctx context.Context, dir string, r *harness.Report) error {
		cmd := exec.CommandContext(ctx, o.python, "bench/native/models.py", dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("train the models: %w: %s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, "row.json"))
		var row []float64
		if err == nil {
			err = json.Unmarshal(text, &row)
		}
		if err != nil {
			return err
		}
		r.Note("the peer is MLServer's REST server with the model in its own process (parallel_workers 0)")
		r.Note("100 trees of depth 6 on %d features; a row a request; %d rounds of %g s in turns, medians", len(row), o.rounds, o.seconds)
		for _, name := range []string{"xgboost", "sklearn"} {
			if err := o.compare(ctx, dir, name, row, r); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return o.load(ctx, dir, r)
	})
}

// figures are those of one server's rounds.
type figures struct{ rates, p50s, p99s []float64 }

// compare measures both servers with one model.
func (o *options) compare(ctx context.Context, dir, name string, row []float64, r *harness.Report) error {
	ours, err := startOurs(ctx, "SAGEMAKER_BASE_DIR="+filepath.Join(dir, "ours", name))
	if err != nil {
		return err
	}
	defer func() { _ = ours.Stop() }()
	peer, err := o.startPeer(ctx, filepath.Join(dir, "peer", name), name)
	if err != nil {
		return err
	}
	defer func() { _ = peer.Stop() }()
	others := harness.Others(ours, peer)
	mine, err := ask(ours, "/invocations", "text/csv", csv(row))
	if err != nil {
		return err
	}
	theirs, err := ask(peer, "/v2/models/"+name+"/infer", "application/json", tensor(row))
	if err != nil {
		return err
	}
	length := time.Duration(o.seconds * float64(time.Second))
	for _, conns := range []int{1, 32} {
		var a, b figures
		for range o.rounds {
			if err := errors.Join(a.round(ctx, ours, conns, mine, length), b.round(ctx, peer, conns, theirs, length)); err != nil {
				return err
			}
		}
		what := fmt.Sprintf("%s, %d connections", name, conns)
		if conns == 32 {
			r.Compare(what, 10, a.rates, b.rates)
		} else {
			x, y := harness.Median(a.rates), harness.Median(b.rates)
			r.Rows = append(r.Rows, harness.Row{What: what, Value: x, Unit: "/s", Peer: y, Ratio: x / y})
		}
		for _, q := range []struct {
			name string
			a, b []float64
		}{{"p50", a.p50s, b.p50s}, {"p99", a.p99s, b.p99s}} {
			x, y := harness.Median(q.a), harness.Median(q.b)
			r.Rows = append(r.Rows, harness.Row{What: what + ", " + q.name, Value: x, Unit: "ms", Peer: y, Ratio: y / x})
		}
	}
	l, err := harness.Clean(harness.Open(ctx, ours.Addr, 32, mine, length, o.rate))
	if err != nil {
		return err
	}
	p50, p99 := harness.Milliseconds(l.P50), harness.Milliseconds(l.P99)
	what := fmt.Sprintf("%s, %g requests/s", name, o.rate)
	r.Rows = append(r.Rows,
		harness.Row{What: what + ", p50", Value: p50, Unit: "ms"},
		harness.Row{What: what + ", p99", Value: p99, Unit: "ms"}.AtMost(p99, 2, " ms"))
	r.Note("%s: programs other than the two servers and this one used %.0f %% of the processors meanwhile", name, 100*others())
	return nil
}

// round measures a server once.
func (f *figures) round(ctx context.Context, s *harness.Server, conns int, requests harness.Requests, d time.Duration) error {
	l, err := harness.Clean(harness.Closed(ctx, s.Addr, conns, requests, d))
	f.rates = append(f.rates, l.Rate)
	f.p50s, f.p99s = append(f.p50s, harness.Milliseconds(l.P50)), append(f.p99s, harness.Milliseconds(l.P99))
	return err
}
