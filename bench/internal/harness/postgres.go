package harness

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that Postgres opens
)

// databases counts those made by this process.
var databases atomic.Int64

// Postgres makes an empty database on a PostgreSQL whose user may do so, and
// answers its URL and how to drop it.
func Postgres(ctx context.Context, server string) (string, func() error, error) {
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("sagebrush_bench_%d_%d", os.Getpid(), databases.Add(1))
	if _, err := pool.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(err, pool.Close())
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, errors.Join(err, pool.Close())
	}
	u.Path = "/" + name
	return u.String(), func() error {
		_, err := pool.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		return errors.Join(err, pool.Close())
	}, nil
}
