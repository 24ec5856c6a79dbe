package training

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sagebrush/sagebrush/algo/capacity"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// slot is a job's place in the queue for the machine and, once it has its turn,
// what it holds of it. Jobs of all accounts and regions share one queue.
type slot struct {
	Work   work
	Demand capacity.Demand
	// Devices are the GPUs of each host by their numbers, nil while it waits and on
	// machines without.
	Devices [][]int `json:",omitempty"`
	// Match is what a job must be like to take over a warm slot.
	Match string `json:",omitempty"`
}

var (
	slots = store.NewTable[slot]("training-slot")
	// machine is where the queue's rows are: it belongs to no account.
	machine = aws.Scope{}
)

// What a slot is for; the Status of its row.
const (
	slotWaiting = "waiting"
	slotRunning = "running"
	slotWarm    = "warm"
)

// turnstile is a row that every decision changes, so that two servers never
// decide from the same state.
const turnstile = "turnstile"

// lookAhead is how many of those who wait are considered; more could pass the
// first ones only if all of these are too big.
const lookAhead = 100

// demandOf is what a job's hosts need of the machine.
func (s *Service) demandOf(in *sagemaker.CreateTrainingJobInput) (d capacity.Demand) {
	for _, h := range hostsOf(in) {
		t, _ := instance.Lookup(h.InstanceType)
		d = d.Plus(s.Machine.Demand(t, 1))
	}
	return d
}

// queue is the state of the machine in one transaction.
type queue struct {
	running []*store.Row[slot]
	warm    []*store.Row[slot]
	waiting []*store.Row[slot]
}

// readQueue reads the state, and keeps every other server from deciding by it.
func (s *Service) readQueue(tx *store.Tx) (q queue, err error) {
	gate, err := slots.Get(tx, machine, turnstile)
	if errors.Is(err, store.ErrNotFound) {
		gate = &store.Row[slot]{Scope: machine, Name: turnstile, Status: turnstile}
		if err = slots.Insert(tx, gate); errors.Is(err, store.ErrExists) {
			err = store.ErrStale // another server made it just now
		}
	} else if err == nil {
		err = slots.Update(tx, gate)
	}
	if err != nil {
		return q, err
	}
	for _, part := range []struct {
		status string
		limit  int
		into   *[]*store.Row[slot]
	}{{slotRunning, 0, &q.running}, {slotWarm, 0, &q.warm}, {slotWaiting, lookAhead, &q.waiting}} {
		if *part.into, err = slots.List(tx, machine, store.Query{Status: part.status, Limit: part.limit}); err != nil {
			return q, err
		}
	}
	s.crowded.Store(len(q.waiting) == lookAhead)
	return q, nil
}

// lineUp is the place of a new job at the end of a queue that is longer than
// anybody looks: nobody need ask whose turn it is, it is not this job's. It answers
// nil where that is not known to be so. Somebody runs, and wakes those who wait
// when it ends.
func (s *Service) lineUp(tx *store.Tx, r *row) (*store.Row[slot], error) {
	if !s.crowded.Load() {
		return nil, nil
	}
	running, err := slots.List(tx, machine, store.Query{Status: slotRunning, Limit: 1})
	if err != nil || len(running) == 0 {
		return nil, err
	}
	w, demand := workOf(r), s.demandOf(&r.Body.Request)
	note(r, "%s", s.waitsFor(demand))
	return &store.Row[slot]{Scope: machine, Name: w.key(), Status: slotWaiting, Body: slot{Work: w, Demand: demand}}, nil
}

// startable are the jobs that may start now, and the warm pools that have to go
// for it.
func (s *Service) startable(tx *store.Tx, q queue) (names []string, evict []*store.Row[slot]) {
	var waiting []capacity.Waiting
	for _, w := range q.waiting {
		waiting = append(waiting, capacity.Waiting{ID: w.Name, Demand: w.Body.Demand, Waited: tx.Now.Sub(w.CreatedAt)})
	}
	names, pools := capacity.DecideWarm(s.Machine, demands(q.running), demands(q.warm), waiting)
	for _, i := range pools {
		evict = append(evict, q.warm[i])
	}
	return names, evict
}

// demands are what slots hold.
func demands(rows []*store.Row[slot]) (all []capacity.Demand) {
	for _, r := range rows {
		all = append(all, r.Body.Demand)
	}
	return all
}

// enter asks for a job's turn. It answers whether the job may run now; one that
// may not is noted as waiting and woken when its turn comes.
func (s *Service) enter(tx *store.Tx, r *row) (bool, error) {
	w := workOf(r)
	q, err := s.readQueue(tx)
	if err != nil {
		return false, err
	}
	mine, err := slots.Get(tx, machine, w.key())
	if errors.Is(err, store.ErrNotFound) {
		mine = &store.Row[slot]{Scope: machine, Name: w.key(), Status: slotWaiting, Body: slot{Work: w, Demand: s.demandOf(&r.Body.Request)}}
		if err := slots.Insert(tx, mine); err != nil {
			return false, err
		}
		if len(q.waiting) < lookAhead {
			q.waiting = append(q.waiting, mine)
		}
	} else if err != nil {
		return false, err
	}
	if mine.Status == slotRunning {
		return true, nil // it had its turn, and the server died before it knew
	}
	names, evict := s.startable(tx, q)
	if !slices.Contains(names, mine.Name) {
		return false, nil
	}
	for _, pool := range evict {
		if err := s.evict(tx, pool); err != nil {
			return false, err
		}
	}
	mine.Status, mine.Body.Devices = slotRunning, s.devices(q, evict, r)
	return true, slots.Update(tx, mine)
}

// devices are the GPUs that the hosts of a job get whose turn it is.
func (s *Service) devices(q queue, evicted []*store.Row[slot], r *row) [][]int {
	var taken, perHost []int
	for _, held := range slices.Concat(q.running, q.warm) {
		if !slices.Contains(evicted, held) {
			taken = append(taken, slices.Concat(held.Body.Devices...)...)
		}
	}
	for _, h := range hostsOf(&r.Body.Request) {
		t, _ := instance.Lookup(h.InstanceType)
		perHost = append(perHost, min(t.GPUs, s.Machine.GPUs))
	}
	return s.Machine.Devices(taken, perHost)
}

// equip notes with the job's hosts which GPUs its slot has for them.
func (s *Service) equip(tx *store.Tx, r *row) error {
	if s.Machine.GPUs == 0 {
		return nil
	}
	mine, err := slots.Get(tx, machine, workOf(r).key())
	if err != nil {
		return err
	}
	for i, d := range mine.Body.Devices {
		r.Body.Hosts[i].GPUs = d
	}
	return nil
}

// free gives back what a job holds of the machine and wakes those whose turn it
// is now.
func (s *Service) free(tx *store.Tx, r *row) error {
	if err := slots.Delete(tx, machine, workOf(r).key()); errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return s.wakeWaiting(tx)
}

// wakeWaiting adds the tasks of the jobs that may start now; each takes its
// turn by itself.
func (s *Service) wakeWaiting(tx *store.Tx) error {
	q, err := s.readQueue(tx)
	if err != nil {
		return err
	}
	names, _ := s.startable(tx, q)
	for _, waiting := range q.waiting {
		if !slices.Contains(names, waiting.Name) {
			continue
		}
		if err := s.Tasks.Add(tx, task.Spec{Kind: taskRun, Key: waiting.Name, Payload: waiting.Body.Work}); err != nil {
			return err
		}
	}
	return nil
}

// waitsFor is the message of a job that has to wait.
func (s *Service) waitsFor(d capacity.Demand) string {
	text := fmt.Sprintf("Waiting for capacity: %d CPUs", d.CPUs)
	if d.MemoryBytes > 0 {
		text += fmt.Sprintf(" and %.1f GiB of memory", float64(d.MemoryBytes)/(1<<30))
	}
	if d.GPUs > 0 {
		text += fmt.Sprintf(" and %d GPUs", d.GPUs)
	}
	return text + " are not free yet"
}
