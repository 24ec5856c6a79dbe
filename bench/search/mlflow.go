package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

//go:embed mlflow.py
var mlflowProgram string

// beside measures MLflow's own store on an SQLite file, in its process: the same
// runs, and those of the expressions that it can express.
func beside(ctx context.Context, o options, path string, r *harness.Report) error {
	type query struct {
		What, Filter string
		Order        []string
	}
	var in struct {
		Runs, Rounds, Page int
		Path               string
		Queries            []query
	}
	in.Runs, in.Rounds, in.Page, in.Path = o.jobs, 3, page, path
	for _, e := range expressions() {
		if e.mlflow == "" {
			continue
		}
		q := query{What: e.what, Filter: e.mlflow}
		if e.order != "" {
			q.Order = []string{e.order}
		}
		in.Queries = append(in.Queries, q)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, o.mlflow, "-c", mlflowProgram)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("MLflow: %w", err)
	}
	var answer struct {
		Version string
		Seconds map[string]float64
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("MLflow: %w: %s", err, out)
	}
	r.Note("MLflow %s on an SQLite file with the same runs, written straight into its tables and analyzed; its store is called in process, medians of %d", answer.Version, in.Rounds)
	for i, row := range r.Rows {
		for what, seconds := range answer.Seconds {
			if strings.HasPrefix(row.What, "SQLite: "+what+" (") {
				row.Peer = seconds * 1000
				row.Ratio = row.Peer / row.Value
				r.Rows[i] = row
			}
		}
	}
	var ratios []float64
	for _, row := range r.Rows {
		if row.Ratio > 0 {
			ratios = append(ratios, row.Ratio)
		}
	}
	if len(ratios) != len(in.Queries) {
		return fmt.Errorf("compared %d of %d queries", len(ratios), len(in.Queries))
	}
	slices.Sort(ratios)
	r.Note("ratios to MLflow from %.0f× to %.0f×; %s", ratios[0], ratios[len(ratios)-1], time.Now().UTC().Format(time.DateOnly))
	return nil
}
