//go:build linux

package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/dial"
)

// Dial implements run.Process. The supervisor connects, in the program's network,
// and hands the connection over.
func (p *proc) Dial(ctx context.Context, port int) (net.Conn, error) {
	ctx, cancel := dial.Within(ctx)
	defer cancel()
	err := dial.CheckPort(port)
	for pause := time.Millisecond; err == nil; pause = min(2*pause, 50*time.Millisecond) {
		if p.dir.has(exitFile) {
			err = run.ErrEnded
			break
		}
		if holder, failed := p.dir.dial(ctx); failed == nil {
			var conn net.Conn
			if conn, err = dial.Ask(ctx, holder, dial.Request+strconv.Itoa(port), nil); err == nil {
				return conn, nil
			}
			if !errors.Is(err, dial.ErrGone) {
				break
			}
			err = nil
		} else if err = p.unheld(); err != nil {
			break
		}
		select { // it begins or ends
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-time.After(pause):
		}
	}
	return nil, fmt.Errorf("process: connect to port %d of %s: %w", port, p.id, err)
}

// unheld is what has become of a program whose supervisor does not listen: nil
// when somebody acts for it, or its end is recorded.
func (p *proc) unheld() error {
	lock, err := p.dir.lock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return run.ErrLost
	case err != nil || lock == nil:
		return err
	}
	defer lock.Close()
	return p.lost()
}
