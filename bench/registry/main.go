// Command registry measures how long the model registry takes to answer with
// 100,000 versions stored, on SQLite and, where a server's URL is given, on
// PostgreSQL: lists of a group, of its few approved versions and of all packages,
// and batches of 100 versions.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// options of a run.
type options struct {
	versions, groups int
	seconds, rate    float64
	postgres         string
}

func main() {
	var o options
	flag.IntVar(&o.versions, "versions", 100_000, "versions stored before the measurements")
	flag.IntVar(&o.groups, "groups", 10, "groups that they are spread over")
	flag.Float64Var(&o.seconds, "seconds", 5, "length of a measurement")
	flag.Float64Var(&o.rate, "rate", 50, "requests a second")
	flag.StringVar(&o.postgres, "postgres", os.Getenv("SAGEBRUSH_TEST_POSTGRES"), "URL of a PostgreSQL whose user may create databases, empty for none")
	harness.Run("registry", func(ctx context.Context, dir string, r *harness.Report) error {
		r.Note("%d versions in %d groups, one in a thousand approved; %g requests/s for %g s, each signed beforehand, after 1 s of the same", o.versions, o.groups, o.rate, o.seconds)
		if err := measure(ctx, filepath.Join(dir, "sqlite"), o, r, "SQLite", ""); err != nil {
			return err
		}
		if o.postgres == "" {
			r.Note("PostgreSQL is left out: none was given with -postgres")
		} else {
			url, drop, err := harness.Postgres(ctx, o.postgres)
			if err == nil {
				err = errors.Join(measure(ctx, filepath.Join(dir, "postgres"), o, r, "PostgreSQL", url), drop())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// measure seeds a database and times a server on it; url is that of a PostgreSQL.
func measure(ctx context.Context, dir string, o options, r *harness.Report, name, url string) error {
	var args []string
	if url != "" {
		args = []string{"--database", url}
	} else {
		url = "sqlite:" + filepath.Join(dir, "sagebrush.db")
	}
	s, err := harness.Start(ctx, dir, args...) // it makes the schema
	if err != nil {
		return err
	}
	if err := s.Stop(); err != nil {
		return err
	}
	if err := seed(ctx, url, o); err != nil {
		return err
	}
	if s, err = harness.Start(ctx, dir, args...); err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	for _, q := range o.queries() {
		var requests []harness.Signed
		for i := range 200 {
			request, err := s.Sign("SageMaker."+q.operation, "sagemaker", q.input(i))
			if err != nil {
				return err
			}
			requests = append(requests, request)
		}
		// The first answers of a server that has just started read from disk.
		if _, err := harness.Clean(harness.Open(ctx, s.Addr, 4, harness.Cycle(requests), time.Second, o.rate)); err != nil {
			return fmt.Errorf("%s: %w", q.what, err)
		}
		l, err := harness.Clean(harness.Open(ctx, s.Addr, 4, harness.Cycle(requests), time.Duration(o.seconds*float64(time.Second)), o.rate))
		if err != nil {
			return fmt.Errorf("%s: %w", q.what, err)
		}
		p99 := harness.Milliseconds(l.P99)
		r.Rows = append(r.Rows, harness.Row{What: name + ": " + q.what + ", p50", Value: harness.Milliseconds(l.P50), Unit: "ms"},
			harness.Row{What: "the same, p99", Value: p99, Unit: "ms"}.AtMost(p99, 20, " ms"))
	}
	return nil
}

// query is one kind of request.
type query struct {
	what, operation string
	input           func(i int) any
}

func (o options) queries() []query {
	page := aws.Ptr[int32](100)
	newest := sagemaker.SortOrderDescending
	return []query{
		{"list a group, 100 to a page", "ListModelPackages", func(i int) any {
			return &sagemaker.ListModelPackagesInput{ModelPackageGroupName: aws.Ptr(groupName(i % o.groups)), MaxResults: page}
		}},
		{"list the newest approved version of a group", "ListModelPackages", func(i int) any {
			return &sagemaker.ListModelPackagesInput{ModelPackageGroupName: aws.Ptr(groupName(i % o.groups)),
				ModelApprovalStatus: sagemaker.ModelApprovalStatusApproved, SortOrder: newest, MaxResults: aws.Ptr[int32](1)}
		}},
		{"list packages without versions, of which there are none", "ListModelPackages", func(int) any { return &sagemaker.ListModelPackagesInput{} }},
		{"list all versions, newest first, 100 to a page", "ListModelPackages", func(int) any {
			return &sagemaker.ListModelPackagesInput{ModelPackageType: sagemaker.ModelPackageTypeVersioned, SortOrder: newest, MaxResults: page}
		}},
		{"describe a batch of 100 versions", "BatchDescribeModelPackage", func(i int) any {
			in := &sagemaker.BatchDescribeModelPackageInput{}
			for k := range 100 {
				// A step that shares no factor with the count visits them all, out of order.
				n := (i*100 + k) * 7919 % o.versions
				in.ModelPackageArnList = append(in.ModelPackageArnList, arn(n%o.groups, n/o.groups+1))
			}
			return in
		}},
	}
}
