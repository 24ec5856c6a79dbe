package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// updates counts the requests that fail while an endpoint is updated, by policy.
func (b *bench) updates(ctx context.Context) error {
	var configs []string
	for seed := range uint64(2) {
		archive, err := forest(100, seed)
		if err != nil {
			return err
		}
		key := fmt.Sprintf("update-%d/model.tar.gz", seed)
		if err := b.put(ctx, key, archive); err != nil {
			return err
		}
		model, err := b.model(ctx, key, nil)
		if err != nil {
			return err
		}
		config, err := b.config(ctx, model, fields{"InstanceType": "ml.m5.large", "InitialInstanceCount": 2})
		if err != nil {
			return err
		}
		configs = append(configs, config)
	}
	percent := func(n int) fields { return fields{"Type": "CAPACITY_PERCENT", "Value": n} }
	shift := func(kind string, more fields) fields {
		routing := fields{"Type": kind, "WaitIntervalInSeconds": 1}
		for k, v := range more {
			routing[k] = v
		}
		return fields{"BlueGreenUpdatePolicy": fields{"TrafficRoutingConfiguration": routing}}
	}
	endpoint, err := b.endpoint(ctx, configs[0])
	if err != nil {
		return err
	}
	for i, p := range []struct {
		name   string
		policy fields
	}{
		{"all at once", nil},
		{"canary", shift("CANARY", fields{"CanarySize": percent(10)})},
		{"linear", shift("LINEAR", fields{"LinearStepSize": percent(25)})},
		{"rolling", fields{"RollingUpdatePolicy": fields{"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 1}}},
	} {
		if err := b.update(ctx, endpoint, configs[(i+1)%2], p.name, p.policy); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// update updates an endpoint in the middle of a load.
func (b *bench) update(ctx context.Context, endpoint, config, name string, policy fields) error {
	request, err := b.ask(endpoint, "")
	if err != nil {
		return err
	}
	length := time.Duration(b.seconds * float64(time.Second))
	done := make(chan error, 1)
	var l harness.Load
	go func() {
		var err error
		l, err = harness.Open(ctx, b.Addr, 32, harness.Cycle([]harness.Signed{request}), length, b.rate)
		done <- err
	}()
	time.Sleep(length / 8)
	in := fields{"EndpointName": endpoint, "EndpointConfigName": config}
	if policy != nil {
		in["DeploymentConfig"] = policy
	}
	begun := time.Now()
	if err := b.sagemaker(ctx, "UpdateEndpoint", in, nil); err != nil {
		return err
	}
	if err := b.settle(ctx, endpoint, config); err != nil {
		return err
	}
	took := time.Since(begun)
	select {
	case err := <-done:
		return fmt.Errorf("the update took longer than the load (%v, %w)", took, err)
	default:
	}
	if err := <-done; err != nil {
		return err
	}
	if l.Failed > 0 {
		b.report.Note("%s: the first failure was %s", name, l.FirstFailure)
	}
	b.report.Rows = append(b.report.Rows,
		harness.Row{What: fmt.Sprintf("update %s under %g requests/s: failed of %d", name, b.rate, l.N+l.Failed), Value: float64(l.Failed)}.AtMost(float64(l.Failed), 0, ""),
		harness.Row{What: "the same, time to an answer, p99", Value: harness.Milliseconds(l.P99), Unit: "ms"},
		harness.Row{What: "the same, length of the update", Value: took.Seconds(), Unit: "s"})
	return nil
}
