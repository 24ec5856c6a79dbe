package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/index"
	"github.com/sagebrush/sagebrush/service/training"
	"github.com/sagebrush/sagebrush/store"
)

// What each job has; mlflow.py makes the same runs.
const (
	hyperparameters = 30
	metrics         = 10
)

// value is what job i has as its k-th number, from 0 to 0.999.
func value(i, k int) float64 { return float64((i*7919+k*104729+i*i%997*k)%1000) / 1000 }

// parameters are the hyperparameters of job i.
func parameters(i int) map[string]string {
	p := map[string]string{
		"learning_rate": fmt.Sprintf("%.3f", value(i, 0)), "batch_size": fmt.Sprint(16 << (i % 5)), "optimizer": []string{"adam", "sgd", "rmsprop"}[i%3],
	}
	for k := len(p); k < hyperparameters; k++ {
		p[fmt.Sprintf("h%02d", k)] = fmt.Sprintf("%.3f", value(i, k))
	}
	return p
}

// job is the row of a completed job.
func job(i int, now time.Time) *store.Row[training.Job] {
	scope := aws.Scope{Account: harness.Account, Region: harness.Region}
	row := harness.Completed(scope, fmt.Sprintf("search-%06d", i), now)
	q := &row.Body.Request
	q.HyperParameters = parameters(i)
	for _, name := range []string{"train", "validation"} {
		uri := fmt.Sprintf("s3://%s/data-%d/%s", harness.Bucket, i%50, name)
		q.InputDataConfig = append(q.InputDataConfig, &sagemaker.Channel{ChannelName: &name, DataSource: &sagemaker.DataSource{
			S3DataSource: &sagemaker.S3DataSource{S3DataType: sagemaker.S3DataTypeS3Prefix, S3Uri: &uri}}})
	}
	for k := range metrics {
		row.Body.Metrics = append(row.Body.Metrics, training.Metric{Name: fmt.Sprintf("validation:m%d", k), Value: value(i, 100+k), Time: now})
	}
	if i%10 == 0 {
		row.Status, row.Body.Secondary = string(sagemaker.TrainingJobStatusFailed), sagemaker.SecondaryStatusFailed
		row.Body.FailureReason = fmt.Sprintf("AlgorithmError: ran out of memory in step %d", i)
	}
	return row
}

// seed stores the jobs, and the tags of every fourth, behind the index's back.
func seed(ctx context.Context, o options, h home) error {
	s, err := h.start(ctx) // makes the directory and its keys
	if err != nil {
		return err
	}
	if err := s.Stop(); err != nil {
		return err
	}
	db, err := store.Open(ctx, h.url, store.Options{})
	if err != nil {
		return err
	}
	table := store.NewTable[training.Job]("training-job")
	for done := 0; done < o.jobs && err == nil; done += 500 {
		err = db.Update(ctx, func(tx *store.Tx) error {
			for i := done; i < min(o.jobs, done+500); i++ {
				row := job(i, tx.Now)
				if err := table.Insert(tx, row); err != nil {
					return err
				}
				if i%4 > 0 {
					continue
				}
				if err := store.AddTags(tx, row.Scope, row.ARN, map[string]string{"team": fmt.Sprint("team-", i%7)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil { // as a server of a version without an index would leave them
		err = index.Forget(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// settled waits until nothing is left to pack.
func settled(ctx context.Context, database string) error {
	db, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	for ctx.Err() == nil {
		n := 0
		err := db.View(ctx, func(tx *store.Tx) error {
			return tx.QueryRow("SELECT count(*) FROM search_changed").Scan(&n)
		})
		if err != nil || n == 0 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}
