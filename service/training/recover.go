package training

import (
	"context"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/store"
)

// Recover is for the server's start, before its tasks begin: it ends what no job
// needs any more (feeders, mounts, containers that an earlier server left), and
// lets those begin that wait for a machine which may have become larger.
func (s *Service) Recover(ctx context.Context) error {
	keep := func(id string) bool {
		alive, err := s.alive(ctx, id)
		if err != nil {
			s.Logger.Warn("what an earlier server left is kept, because its job could not be looked up", "id", id, "error", err)
		}
		return alive || err != nil
	}
	errs := []error{s.Data.CleanUp(ctx, keep)}
	if s.Containers != nil {
		errs = append(errs, s.Containers.Clean(ctx, keep))
	}
	return errors.Join(append(errs, s.DB.Update(ctx, s.wakeWaiting))...)
}

// alive says whether an id of a program, a network or of data belongs to a job
// that has not ended: training/account/region/name, and what may follow. What is
// not a job's is not ours to end.
func (s *Service) alive(ctx context.Context, id string) (alive bool, err error) {
	parts := strings.Split(id, "/")
	if parts[0] != "training" {
		return true, nil
	}
	if len(parts) < 4 {
		return false, nil
	}
	w := work{parts[1], parts[2], parts[3]}
	err = s.DB.View(ctx, func(tx *store.Tx) error {
		r, err := jobs.Get(tx, w.scope(), w.Name)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		alive = !terminal(r.Body.Secondary)
		return nil
	})
	return alive, err
}
