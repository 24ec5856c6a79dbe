package training

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// Pool is a job's warm pool: its instances, kept for later jobs that are like it
// (WarmPool-1). What a later job saves is the wait for capacity, and what the
// earlier one left in /opt/ml/sagemaker/warmpoolcache.
type Pool struct {
	Status sagemaker.WarmPoolResourceStatus
	// AvailableAt is when the job ended and the pool became available, Until when
	// it ends if nobody takes it.
	AvailableAt, Until *time.Time `json:",omitempty"`
	// Kept is how long it was available.
	Kept time.Duration `json:",omitempty"`
	// ReusedBy is the job that took it.
	ReusedBy string `json:",omitempty"`
}

const (
	poolInUse      = sagemaker.WarmPoolResourceStatusInUse
	poolAvailable  = sagemaker.WarmPoolResourceStatusAvailable
	poolReused     = sagemaker.WarmPoolResourceStatusReused
	poolTerminated = sagemaker.WarmPoolResourceStatusTerminated
)

// describePool is the WarmPoolStatus of a job, nil without a pool.
func describePool(p *Pool) *sagemaker.WarmPoolStatus {
	if p == nil {
		return nil
	}
	out := &sagemaker.WarmPoolStatus{Status: p.Status}
	if p.AvailableAt != nil && p.Status != poolAvailable {
		out.ResourceRetainedBillableTimeInSeconds = aws.Ptr(int32(math.Ceil(p.Kept.Seconds())))
	}
	if p.ReusedBy != "" {
		out.ReusedByJob = &p.ReusedBy
	}
	return out
}

// matchOf is what a later job must have in common to take over the instances
// (WarmPool-2).
func matchOf(scope aws.Scope, in *sagemaker.CreateTrainingJobInput) string {
	r := in.ResourceConfig
	text, _ := json.Marshal([]any{ // strings and numbers always encode
		scope, in.RoleArn, r.InstanceType, r.InstanceCount, r.InstanceGroups, r.VolumeSizeInGB, r.VolumeKmsKeyId, in.VpcConfig,
		aws.Val(in.EnableNetworkIsolation), aws.Val(in.EnableInterContainerTrafficEncryption),
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// retain gives back what a job that has ended holds: at once, or as a warm pool
// after success, a stop, or a failure that is not ours (WarmPool-1).
func (s *Service) retain(tx *store.Tx, r *row) error {
	j, w := &r.Body, workOf(r)
	seconds := aws.Val(j.Request.ResourceConfig.KeepAlivePeriodInSeconds)
	if j.Pool == nil || seconds == 0 || !j.Claimed || !keepsPool(j) {
		if j.Pool != nil {
			j.Pool.Status = poolTerminated
			if err := s.Tasks.Add(tx, task.Spec{Kind: taskCool, Key: w.key(), Payload: w}); err != nil {
				return err
			}
		}
		return s.free(tx, r)
	}
	mine, err := slots.Get(tx, machine, w.key())
	if err != nil {
		return err
	}
	at, until := tx.Now, tx.Now.Add(time.Duration(seconds)*time.Second)
	j.Pool.Status, j.Pool.AvailableAt, j.Pool.Until = poolAvailable, &at, &until
	mine.Status, mine.Body.Match = slotWarm, matchOf(r.Scope, &j.Request)
	if err := slots.Update(tx, mine); err != nil {
		return err
	}
	if err := s.Tasks.Add(tx, task.Spec{Kind: taskCool, Key: w.key(), Payload: w, RunAt: until}); err != nil {
		return err
	}
	return s.wakeWaiting(tx) // whoever waits takes what the pool would have kept
}

// keepsPool says whether the way in which a job ended leaves its instances sound.
func keepsPool(j *Job) bool {
	return j.Secondary != sagemaker.SecondaryStatusFailed || !strings.HasPrefix(j.FailureReason, internalError)
}

// reuse takes over the instances of an earlier job that are kept warm and fit.
func (s *Service) reuse(tx *store.Tx, r *row) (bool, error) {
	warm, err := slots.List(tx, machine, store.Query{Status: slotWarm})
	if err != nil || len(warm) == 0 {
		return false, err
	}
	match := matchOf(r.Scope, &r.Body.Request)
	for _, pool := range warm {
		if pool.Body.Match != match {
			continue
		}
		earlier, err := s.endPool(tx, pool, poolReused, r.Name)
		if err != nil {
			return false, err
		}
		mine := &store.Row[slot]{Scope: machine, Name: workOf(r).key(), Status: slotRunning, Body: slot{Work: workOf(r), Demand: pool.Body.Demand, Devices: pool.Body.Devices}}
		if err := slots.Delete(tx, machine, mine.Name); err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err // it may have waited before the pool became available
		}
		if err := slots.Insert(tx, mine); err != nil {
			return false, err
		}
		r.Body.Reused = earlier.Name
		note(r, "Reusing the warm pool of the training job %s", earlier.Name)
		return true, nil
	}
	return false, nil
}

// evict ends a pool because somebody waits for what it holds.
func (s *Service) evict(tx *store.Tx, pool *store.Row[slot]) error {
	_, err := s.endPool(tx, pool, poolTerminated, "")
	return err
}

// endPool moves a pool to its last status and removes its slot.
func (s *Service) endPool(tx *store.Tx, pool *store.Row[slot], to sagemaker.WarmPoolResourceStatus, by string) (*row, error) {
	w := pool.Body.Work
	r, err := jobs.Get(tx, w.scope(), w.Name)
	if err != nil {
		return nil, err
	}
	p := *r.Body.Pool
	p.Status, p.ReusedBy = to, by
	if p.AvailableAt != nil {
		p.Kept = tx.Now.Sub(*p.AvailableAt)
	}
	r.Body.Pool = &p
	if err := jobs.Update(tx, r); err != nil {
		return nil, err
	}
	if err := slots.Delete(tx, machine, pool.Name); err != nil {
		return nil, err
	}
	if to == poolReused {
		return r, nil
	}
	return r, s.Tasks.Add(tx, task.Spec{Kind: taskCool, Key: w.key(), Payload: w})
}

// cool ends a warm pool whose time is over, and removes what it left on disk.
func (s *Service) cool(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	remove := false
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		remove = false
		r, err := jobs.Get(tx, w.scope(), w.Name)
		if err != nil || r.Body.Pool == nil {
			return err
		}
		switch p := r.Body.Pool; {
		case p.Status == poolTerminated:
			remove = true
		case p.Status == poolAvailable && !p.Until.After(tx.Now):
			pool, err := slots.Get(tx, machine, w.key())
			if err != nil {
				return err
			}
			if _, err := s.endPool(tx, pool, poolTerminated, ""); err != nil {
				return err
			}
			remove = true
			return s.wakeWaiting(tx)
		}
		return nil
	})
	if err != nil || !remove {
		return err
	}
	return os.RemoveAll(s.cacheDir(w))
}
