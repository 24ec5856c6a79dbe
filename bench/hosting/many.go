package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// many asks models behind one endpoint that has no room for all of them.
func (b *bench) many(ctx context.Context) error {
	archive, err := forest(megabyte, 1)
	if err != nil {
		return err
	}
	for i := range b.models {
		if err := b.put(ctx, fmt.Sprintf("many/%d.tar.gz", i), archive); err != nil {
			return err
		}
	}
	one, err := b.model(ctx, "many/0.tar.gz", nil)
	if err != nil {
		return err
	}
	all, err := b.model(ctx, "many/", fields{"Mode": "MultiModel", "Environment": fields{"SAGEBRUSH_MODELS_MEMORY": fmt.Sprint(b.room * (14 << 17))}})
	if err != nil {
		return err
	}
	var endpoints []string
	for _, model := range []string{one, all} {
		config, err := b.config(ctx, model, fields{"InstanceType": "ml.m5.large", "InitialInstanceCount": 1})
		if err != nil {
			return err
		}
		endpoint, err := b.endpoint(ctx, config)
		if err != nil {
			return err
		}
		endpoints = append(endpoints, endpoint)
	}
	// A hit beside the one model alone, in turns.
	var single, hit []float64
	plain, err := b.ask(endpoints[0], "")
	if err != nil {
		return err
	}
	named, err := b.ask(endpoints[1], "0.tar.gz")
	if err != nil {
		return err
	}
	for range 5 {
		for _, side := range []struct {
			request harness.Signed
			into    *[]float64
		}{{plain, &single}, {named, &hit}} {
			l, err := harness.Clean(harness.Closed(ctx, b.Addr, 1, harness.Cycle([]harness.Signed{side.request}), time.Second))
			if err != nil {
				return err
			}
			*side.into = append(*side.into, float64(l.P50.Nanoseconds())/1e3)
		}
	}
	added := harness.Median(hit) - harness.Median(single)
	b.report.Rows = append(b.report.Rows, harness.Row{What: "a model of many that is loaded: added to one alone, p50", Value: added, Unit: "µs"}.AtMost(added, 20, " µs"))
	return b.zipf(ctx, endpoints[1])
}

// zipf asks models as often as Zipf's law has it, and looks at those that have to be
// loaded: the slow half of what is left when the loaded ones are taken off.
func (b *bench) zipf(ctx context.Context, endpoint string) error {
	r := rand.New(rand.NewPCG(1, 1))
	z := rand.NewZipf(r, 1.1, 1, uint64(b.models-1))
	recent := map[uint64]int{}
	var cold []float64
	hits, asked := 0, 3*b.models
	for i := range asked {
		k := z.Uint64()
		request, err := b.ask(endpoint, fmt.Sprintf("%d.tar.gz", k))
		if err != nil {
			return err
		}
		_, seen := recent[k]
		l, err := harness.Clean(harness.Closed(ctx, b.Addr, 1, harness.Once([]harness.Signed{request}), time.Minute))
		if err != nil {
			return err
		}
		if !seen && k != 0 { // nobody has asked for it before
			cold = append(cold, harness.Milliseconds(l.Max))
		} else if harness.Milliseconds(l.Max) < 2 {
			hits++
		}
		recent[k] = i
	}
	slices.Sort(cold)
	m, p99 := cold[len(cold)/2], cold[len(cold)*99/100]
	b.report.Note("%d models of 1 MB, room for about %d, %d requests by Zipf's law (1.1): %d found their model loaded", b.models, b.room, asked, hits)
	b.report.Rows = append(b.report.Rows, harness.Row{What: "cold load of a model of 1 MB, another goes for it, median", Value: m, Unit: "ms"}.AtMost(m, 30, " ms"),
		harness.Row{What: "the same, 99 %", Value: p99, Unit: "ms"})
	return nil
}
