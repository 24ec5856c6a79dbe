//go:build linux

package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// proc is the run.Process of a program: a view of its state directory.
type proc struct {
	id   string
	dir  stateDir
	done atomic.Pointer[run.Exit] // the end, once known
}

// Handle implements run.Process.
func (p *proc) Handle() run.Handle {
	h, _ := json.Marshal(handle{ID: p.id}) // a string always marshals
	return run.Handle(h)
}

// Wait implements run.Process. It waits for the supervisor's connection to
// close, so it costs nothing meanwhile.
func (p *proc) Wait(ctx context.Context) (run.Exit, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if e := p.done.Load(); e != nil {
			return *e, nil
		}
		if e, ok := p.dir.exit(); ok {
			p.done.Store(&e)
			return e, nil
		}
		if err := context.Cause(ctx); err != nil {
			return run.Exit{}, err
		}
		if conn, err := p.dir.dial(ctx); err == nil {
			awaitEnd(ctx, conn)
			continue
		}
		// Nobody listens: a supervisor that begins or ends, or none at all.
		lock, err := p.dir.lock()
		if errors.Is(err, fs.ErrNotExist) {
			return run.Exit{}, run.ErrLost
		}
		if err != nil {
			return run.Exit{}, fmt.Errorf("process: wait for %s: %w", p.id, err)
		}
		if lock != nil {
			err := p.lost()
			lock.Close()
			if err != nil {
				return run.Exit{}, err
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// lost ends the remains of a program without a supervisor. It answers nil when
// the end was recorded after all.
func (p *proc) lost() error {
	if p.dir.has(exitFile) {
		return nil
	}
	return errors.Join(run.ErrLost, p.dir.bury())
}

// awaitEnd returns when the supervisor has closed the connection or ctx ended.
func awaitEnd(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	io.Copy(io.Discard, conn)
}

// Stop implements run.Process.
func (p *proc) Stop(ctx context.Context, grace time.Duration) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if p.dir.has(exitFile) {
			return nil
		}
		if conn, err := p.dir.dial(ctx); err == nil {
			if sendStop(ctx, conn, grace) {
				return nil
			}
		} else {
			lock, err := p.dir.lock()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("process: stop %s: %w", p.id, err)
			}
			if lock != nil { // nobody holds it: gone, or lost
				defer lock.Close()
				if p.dir.has(exitFile) {
					return nil
				}
				return p.dir.bury()
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// sendStop passes the request on; false means that the supervisor has gone.
func sendStop(ctx context.Context, conn net.Conn, grace time.Duration) bool {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := fmt.Fprintf(conn, "stop %d\n", max(grace, 0).Milliseconds()); err != nil {
		return false
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.TrimSpace(answer) == "ok"
}

// Usage implements run.Process. It is measured by the supervisor.
func (p *proc) Usage(ctx context.Context) (run.Usage, error) {
	conn, err := p.dir.dial(ctx)
	if err != nil {
		if p.dir.has(exitFile) {
			return run.Usage{}, fmt.Errorf("process: %s has ended", p.id)
		}
		return run.Usage{}, fmt.Errorf("process: ask what %s uses: %w", p.id, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var cpu time.Duration
	var memory int64
	_, err = fmt.Fprintln(conn, usageRequest)
	if err == nil {
		_, err = fmt.Fscanf(bufio.NewReader(conn), usageAnswer, &cpu, &memory)
	}
	if cause := context.Cause(ctx); cause != nil {
		return run.Usage{}, cause
	}
	if err != nil {
		return run.Usage{}, fmt.Errorf("process: ask what %s uses: %w", p.id, err)
	}
	return run.Usage{At: time.Now(), CPUTime: cpu, MemoryBytes: memory}, nil
}
