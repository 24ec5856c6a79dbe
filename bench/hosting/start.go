package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// start is the time from CreateEndpoint until DescribeEndpoint says InService.
func (b *bench) start(ctx context.Context) error {
	model, err := b.small(ctx)
	if err != nil {
		return err
	}
	config, err := b.config(ctx, model, fields{"InstanceType": "ml.m5.large", "InitialInstanceCount": 1})
	if err != nil {
		return err
	}
	var took []float64
	for range b.times {
		begun := time.Now()
		endpoint, err := b.endpoint(ctx, config)
		took = append(took, harness.Milliseconds(time.Since(begun)))
		if err = errors.Join(err, b.remove(ctx, endpoint)); err != nil {
			return err
		}
	}
	m := harness.Median(took)
	b.report.Rows = append(b.report.Rows, harness.Row{What: "CreateEndpoint until it is InService, without Python, median", Value: m, Unit: "ms"}.AtMost(m, 150, " ms"),
		harness.Row{What: "the same, slowest", Value: slices.Max(took), Unit: "ms"})
	return nil
}

// small is a model of a hundred trees.
func (b *bench) small(ctx context.Context) (string, error) {
	archive, err := forest(100, 1)
	if err == nil {
		err = b.put(ctx, "small/model.tar.gz", archive)
	}
	if err != nil {
		return "", err
	}
	return b.model(ctx, "small/model.tar.gz", nil)
}

func (b *bench) remove(ctx context.Context, endpoint string) error {
	return b.sagemaker(ctx, "DeleteEndpoint", fields{"EndpointName": endpoint}, nil)
}

// serverless is the time to the answer of a request that finds no instance.
func (b *bench) serverless(ctx context.Context) error {
	model, err := b.small(ctx)
	if err != nil {
		return err
	}
	config, err := b.config(ctx, model, fields{"ServerlessConfig": fields{"MemorySizeInMB": 1024, "MaxConcurrency": 5}})
	if err != nil {
		return err
	}
	endpoint, err := b.endpoint(ctx, config)
	if err != nil {
		return err
	}
	request, err := b.ask(endpoint, "")
	if err != nil {
		return err
	}
	var took []float64
	for range b.times {
		time.Sleep(4 * time.Second) // it goes after 0.2 s, which is looked at every two
		l, err := harness.Clean(harness.Closed(ctx, b.Addr, 1, harness.Once([]harness.Signed{request}), time.Minute))
		if err != nil {
			return err
		}
		took = append(took, harness.Milliseconds(l.Max))
	}
	m := harness.Median(took)
	b.report.Rows = append(b.report.Rows, harness.Row{What: "serverless from zero, without Python, median", Value: m, Unit: "ms"}.AtMost(m, 300, " ms"),
		harness.Row{What: "the same, slowest", Value: slices.Max(took), Unit: "ms"}, harness.Row{What: "the same, fastest", Value: slices.Min(took), Unit: "ms"})
	return b.remove(ctx, endpoint)
}
