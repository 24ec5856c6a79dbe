package endpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// programs are those of one replica, as the runners know them: enough to find or
// to end them, whatever has become of the endpoint meanwhile.
type programs struct {
	s       *Service
	replica Replica
	// base names the replica among all programs of this server, for ever: an endpoint
	// that is made again under the same name is another one.
	base string
	// dir holds what its containers see.
	dir       string
	contained []bool
}

func (s *Service) programsOf(r *row, retired Retired) programs {
	w := workOf(r)
	one := fmt.Sprintf("%s-%d", w.Name, store.Micros(r.CreatedAt))
	return programs{
		s: s, replica: retired.Replica, contained: retired.Contained,
		base: fmt.Sprintf("endpoint/%s/%d/%s", w.key(), store.Micros(r.CreatedAt), retired.Replica),
		dir:  filepath.Join(s.Dir, w.Account, w.Region, one, retired.String()),
	}
}

func (p programs) id(container int) string { return fmt.Sprintf("%s/%d", p.base, container) }

// instance is what the replica is called in metrics and logs.
func (p programs) instance() string {
	sum := sha256.Sum256([]byte(p.base))
	return "i-" + hex.EncodeToString(sum[:])[:17]
}

func (p programs) runner(container int) run.Runner {
	if p.contained[container] && p.s.Containers != nil {
		return p.s.Containers
	}
	return p.s.Runner
}

// end stops the programs, all at once, and forgets them.
func (p programs) end(ctx context.Context) error {
	for i := range p.contained {
		runner := p.runner(i)
		program, err := runner.Attach(ctx, runner.HandleOf(p.id(i)))
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
	for i := range p.contained {
		runner := p.runner(i)
		if program, err := runner.Attach(ctx, runner.HandleOf(p.id(i))); err == nil {
			if _, err := program.Wait(ctx); err != nil && !errors.Is(err, run.ErrLost) {
				return err
			}
		}
	}
	return p.removePrograms(ctx)
}

// removePrograms forgets the programs, and kills what is left of them.
func (p programs) removePrograms(ctx context.Context) error {
	for i := range p.contained {
		runner := p.runner(i)
		if err := runner.Remove(ctx, runner.HandleOf(p.id(i))); err != nil {
			return err
		}
	}
	return nil
}
