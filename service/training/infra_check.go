package training

import (
	"context"
	"fmt"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/run/health"
	"github.com/sagebrush/sagebrush/store"
)

// checkInfra checks this machine before the programs run on it, where the request
// asks for that (TrainContainer-16). What it found is in the job's status; a
// machine that fails is a failure of ours, which RetryStrategy tries again.
func (s *Service) checkInfra(ctx context.Context, w work, r *row) error {
	if c := r.Body.Request.InfraCheckConfig; c == nil || !aws.Val(c.EnableInfraCheck) {
		return nil
	}
	found, err := health.Check(ctx, s.Dir, len(r.Body.Hosts))
	if err != nil && ctx.Err() == nil {
		return &machineError{fmt.Sprintf("the infrastructure check found a fault: %v", err)}
	} else if err != nil {
		return err
	}
	s.log(w).Info("infrastructure check passed", "found", found)
	return s.commit(ctx, r, func(*store.Tx) error {
		note(r, "Infrastructure check passed: %s", found)
		return nil
	})
}

// machineError is a fault of this machine; its text is for the FailureReason,
// whose class says that it is ours.
type machineError struct{ text string }

// Error implements error.
func (e *machineError) Error() string { return e.text }
