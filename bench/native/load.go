package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// load measures how long the program takes to start with a model, and a model to
// load into one that runs.
func (o *options) load(ctx context.Context, dir string, r *harness.Report) error {
	large, base := filepath.Join(dir, "large"), filepath.Join(dir, "base")
	info, err := os.Stat(filepath.Join(large, "xgboost-model"))
	if err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(base, 0o755), os.Symlink(large, filepath.Join(base, "model"))); err != nil {
		return err
	}
	var ready, took []float64
	for range o.loads {
		s, err := startOurs(ctx, "SAGEMAKER_BASE_DIR="+base)
		if err != nil {
			return err
		}
		ready = append(ready, harness.Milliseconds(s.Ready))
		if err := s.Stop(); err != nil {
			return err
		}
	}
	many, err := startOurs(ctx, "SAGEMAKER_MULTI_MODEL=true")
	if err != nil {
		return err
	}
	defer func() { _ = many.Stop() }()
	for i := range o.loads {
		d, err := loadOne(many, fmt.Sprint(i), large)
		if err != nil {
			return err
		}
		took = append(took, harness.Milliseconds(d))
	}
	a, b := harness.Median(ready), harness.Median(took)
	size := fmt.Sprintf("%.2f MB of XGBoost's JSON", float64(info.Size())/1e6)
	r.Rows = append(r.Rows,
		harness.Row{What: "start of the program to the first answer, " + size, Value: a, Unit: "ms"}.AtMost(a, 150, " ms"),
		harness.Row{What: "cold load into a multi-model replica, " + size, Value: b, Unit: "ms"}.AtMost(b, 30, " ms"))
	return nil
}

// loadOne has a multi-model replica load a model.
func loadOne(s *harness.Server, name, dir string) (time.Duration, error) {
	body, err := json.Marshal(map[string]string{"model_name": name, "url": dir})
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	answer, err := http.Post("http://"+s.Addr+"/models", "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	took := time.Since(begun)
	if err := answer.Body.Close(); err != nil {
		return 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("loading a model: status %d", answer.StatusCode)
	}
	return took, nil
}
