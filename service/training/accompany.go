package training

import (
	"context"
	"sync"

	"github.com/sagebrush/sagebrush/run"
)

// accompany does what goes along with running programs: it mirrors their
// directories into S3, measures what they use, and ends them when their data
// cannot go on. The function it answers ends that and takes how the programs
// ended, nil when they go on.
func (s *Service) accompany(ctx context.Context, w work, r *row, programs []run.Process) (end func([]outcome) error) {
	side, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	all, err := s.mirrors(w, r)
	for _, m := range all {
		running.Go(func() { m.Run(side) })
	}
	running.Go(func() { s.guardData(side, w, r, func() { s.endPeers(side, programs, -1) }) })
	meter := s.newMeter(w, r, programs)
	running.Go(func() { meter.run(side) })
	return func(outcomes []outcome) error {
		cancel()
		running.Wait()
		for _, m := range all {
			if closeErr := m.Close(); err == nil {
				err = closeErr
			}
		}
		if finalErr := meter.finish(ctx, outcomes); err == nil {
			err = finalErr
		}
		return err
	}
}
