package main

import (
	"context"
	"path/filepath"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// place is a kind of database.
type place struct {
	name string
	// postgres is the URL of a PostgreSQL, "" for SQLite.
	postgres string
}

// home is where one server keeps its state.
type home struct {
	dir, url string
	args     []string
	drop     func() error
}

// home makes an empty one.
func (p place) home(ctx context.Context, dir string) (home, error) {
	if p.postgres == "" {
		return home{dir: dir, url: "sqlite:" + filepath.Join(dir, "sagebrush.db"), drop: func() error { return nil }}, nil
	}
	url, drop, err := harness.Postgres(ctx, p.postgres)
	return home{dir: dir, url: url, args: []string{"--database", url}, drop: drop}, err
}

// start starts a server on it.
func (h home) start(ctx context.Context, flags ...string) (*harness.Server, error) {
	return harness.Start(ctx, h.dir, append(flags, h.args...)...)
}
