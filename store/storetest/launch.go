package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// errNoBinaries says that no PostgreSQL is installed.
var errNoBinaries = errors.New("no PostgreSQL binaries on this machine")

// watchScript runs the server and ends it, and removes its directory, when
// standard input is closed, which the kernel does when the test process ends.
// $1 is the directory, the rest the server's command.
const watchScript = `dir=$1; shift
"$@" </dev/null >"$dir/log" 2>&1 & pid=$!
cat >/dev/null
kill -QUIT $pid; wait $pid
rm -rf "$dir"
`

// launch starts a throw-away server from the binaries of this machine and
// answers its URL; it lives until alive is closed. Nothing it writes is synced: the tests that prove durability
// of the store kill our process, not the database's machine.
func launch(ctx context.Context) (address string, alive io.Closer, err error) {
	bin, err := binaries()
	if err != nil {
		return "", nil, err
	}
	// Short, because socket paths are limited to 107 bytes.
	dir, err := os.MkdirTemp("/tmp", "sagebrush-pg-")
	if err != nil {
		return "", nil, err
	}
	fail := func(err error) (string, io.Closer, error) { return "", nil, errors.Join(err, os.RemoveAll(dir)) }
	attr := &syscall.SysProcAttr{Setpgid: true} // so that Ctrl-C reaches the tests first
	if os.Geteuid() == 0 {
		// PostgreSQL refuses to run as root.
		if attr.Credential, err = unprivileged(); err != nil {
			return fail(err)
		}
		if err := os.Chown(dir, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			return fail(err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fail(fmt.Errorf("initdb: %w\n%s", err, out))
	}
	watch := exec.Command("/bin/sh", "-c", watchScript, "sh", dir, filepath.Join(bin, "postgres"), "-D", data, "-k", dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400",
		"-c", "shared_buffers=64MB", "-c", "autovacuum=off", "-c", "max_wal_size=256MB")
	watch.SysProcAttr, watch.Dir = attr, dir
	if alive, err = watch.StdinPipe(); err != nil {
		return fail(err)
	}
	if err := watch.Start(); err != nil {
		return fail(err)
	}
	address = (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode()}).String()
	return address, alive, ready(ctx, address, filepath.Join(dir, "log"))
}

// ready waits until the server answers.
func ready(ctx context.Context, address, log string) error {
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer pool.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = pool.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, text)
		}
	}
}

// binaries is the directory of initdb and postgres: on the path, or where
// Debian keeps the newest.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNoBinaries
	}
	version := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// unprivileged is the user that the server runs as when we are root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}
