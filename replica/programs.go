package replica

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/sagebrush/sagebrush/run"
)

// Programs are those of one replica, as the runners know them: enough to find or
// to end them, whatever has become of what they were for.
type Programs struct {
	// Name tells the replica apart from all that this server ever has: what is made
	// again under an old name is another one.
	Name string
	// Dir holds what its containers see; nothing else is in it.
	Dir string
	// Contained says of each of its containers whether the engine runs it.
	Contained []bool
}

// Instance is what the replica is called in metrics and logs.
func (p Programs) Instance() string {
	sum := sha256.Sum256([]byte(p.Name))
	return "i-" + hex.EncodeToString(sum[:])[:17]
}

// ID is what the runner knows a container's program by.
func (p Programs) ID(container int) string { return fmt.Sprintf("%s/%d", p.Name, container) }

func (m *Machine) runner(p Programs, container int) run.Runner {
	if p.Contained[container] && m.Containers != nil {
		return m.Containers
	}
	return m.Runner
}

// end stops the programs, all at once, and forgets them.
func (m *Machine) end(ctx context.Context, p Programs) error {
	for i := range p.Contained {
		runner := m.runner(p, i)
		program, err := runner.Attach(ctx, runner.HandleOf(p.ID(i)))
		if errors.Is(err, run.ErrLost) {
			continue
		}
		if err == nil {
			err = program.Stop(ctx, stopGrace)
		}
		if err != nil {
			return err
		}
	}
	for i := range p.Contained {
		runner := m.runner(p, i)
		if program, err := runner.Attach(ctx, runner.HandleOf(p.ID(i))); err == nil {
			if _, err := program.Wait(ctx); err != nil && !errors.Is(err, run.ErrLost) {
				return err
			}
		}
	}
	return m.forget(ctx, p)
}

// forget has the runners forget the programs, and kill what is left of them.
func (m *Machine) forget(ctx context.Context, p Programs) error {
	for i := range p.Contained {
		runner := m.runner(p, i)
		if err := runner.Remove(ctx, runner.HandleOf(p.ID(i))); err != nil {
			return err
		}
	}
	return nil
}
