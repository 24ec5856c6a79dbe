// Command lineage measures how long QueryLineage takes on a graph of a million
// associations, each entity leading to five others, and across a hub of a hundred
// thousand, on SQLite and, where there is one, PostgreSQL. Beside it stands a
// plain breadth-first search over the same graph in memory, which finds the same
// page: what a database and an API cost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/service/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// options of a run.
type options struct {
	edges, fan, hub, queries, walks int
	postgres                        string
}

func main() {
	var o options
	flag.IntVar(&o.edges, "edges", 1_000_000, "associations beside the hub's")
	flag.IntVar(&o.fan, "fan", 5, "associations that lead from each entity")
	flag.IntVar(&o.hub, "hub", 100_000, "associations of the hub")
	flag.IntVar(&o.queries, "queries", 1000, "queries of ordinary entities in each direction")
	flag.IntVar(&o.walks, "walks", 10, "queries that have to look at the whole graph")
	flag.StringVar(&o.postgres, "postgres", os.Getenv("SAGEBRUSH_TEST_POSTGRES"), "URL of a PostgreSQL whose user may create databases, empty for none")
	harness.Run("lineage", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, o, r)
	})
}

func run(ctx context.Context, base string, o options, r *harness.Report) error {
	g := random(o)
	others := harness.Others()
	if err := measure(ctx, o, r, g, "SQLite", "sqlite:"+filepath.Join(base, "db")); err != nil {
		return err
	}
	if o.postgres == "" {
		r.Note("PostgreSQL is left out: none was given with -postgres")
	} else {
		url, drop, err := harness.Postgres(ctx, o.postgres)
		if err == nil {
			err = errors.Join(measure(ctx, o, r, g, "PostgreSQL", url), drop())
		}
		if err != nil {
			return err
		}
	}
	r.Note("%d entities, %d associations and a hub of %d; depth 10, pages of 50 with edges; the peer searches the same graph in memory", g.n, o.edges, o.hub)
	r.Note("other programs used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// measure fills one database and queries it.
func measure(ctx context.Context, o options, r *harness.Report, g *memory, name, url string) (err error) {
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := fill(ctx, db, g); err != nil {
		return err
	}
	if db.Dialect() == "postgres" {
		if err := vacuum(ctx, url); err != nil {
			return err
		}
	}
	s := &lineage.Service{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("bench"))}}
	ctx = aws.WithCaller(ctx, aws.Caller{Scope: scope})
	rnd := rand.New(rand.NewPCG(2, 3))
	for range o.queries / 5 { // what was just written comes into the caches first
		if _, err := s.QueryLineage(ctx, &sagemaker.QueryLineageInput{StartArns: []string{arn(1 + rnd.Int64N(int64(g.n)))}, IncludeEdges: aws.Ptr(true)}); err != nil {
			return err
		}
	}
	for _, d := range []sagemaker.Direction{sagemaker.DirectionAscendants, sagemaker.DirectionDescendants, sagemaker.DirectionBoth} {
		starts := make([]int64, o.queries)
		for i := range starts {
			starts[i] = 1 + rnd.Int64N(int64(g.n))
		}
		if err := compare(ctx, r, g, s, name+", "+string(d), 20, starts, d, nil); err != nil {
			return err
		}
	}
	leaves := make([]int64, o.queries/5)
	for i := range leaves {
		leaves[i] = g.leaf(rnd.IntN(o.hub))
	}
	if err := compare(ctx, r, g, s, name+", across the hub", 200, leaves, sagemaker.DirectionBoth, nil); err != nil {
		return err
	}
	rare := &sagemaker.QueryFilters{Types: []string{"Beacon"}}
	return compare(ctx, r, g, s, name+", the whole graph for a type that one entity has", 0, leaves[:min(o.walks, len(leaves))], sagemaker.DirectionBoth, rare)
}

// compare adds the rows of one kind of query; limit is what its p99 may take in
// ms, 0 for no target.
func compare(ctx context.Context, r *harness.Report, g *memory, s *lineage.Service, what string, limit float64, starts []int64, d sagemaker.Direction, filter *sagemaker.QueryFilters) error {
	var ours, peers []float64
	for _, start := range starts {
		begin := time.Now()
		out, err := s.QueryLineage(ctx, &sagemaker.QueryLineageInput{
			StartArns: []string{arn(start)}, Direction: d, IncludeEdges: aws.Ptr(true), MaxDepth: aws.Ptr[int32](10), Filters: filter,
		})
		if err != nil {
			return err
		}
		ours = append(ours, float64(time.Since(begin))/1e6)
		begin = time.Now()
		found := g.search(start, d, filter != nil)
		peers = append(peers, float64(time.Since(begin))/1e6)
		if len(out.Vertices) == 0 || filter == nil && len(found) != len(out.Vertices) {
			return fmt.Errorf("%s from %d: %d entities, in memory %d", what, start, len(out.Vertices), len(found))
		}
	}
	for _, p := range []struct {
		name string
		at   float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		row := harness.Row{What: what + ", " + p.name, Value: percentile(ours, p.at), Unit: "ms", Peer: percentile(peers, p.at)}
		if limit > 0 && p.name == "p99" {
			row = row.AtMost(row.Value, limit, " ms")
		}
		r.Rows = append(r.Rows, row)
	}
	return nil
}

// percentile is the value that a share of v does not exceed.
func percentile(v []float64, share float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[min(len(v)-1, int(share*float64(len(v))))]
}
