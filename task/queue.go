package task

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// The defaults of Options. A dead server's tasks are taken over after Lease +
// Poll at the latest, which is to stay under 15 s.
const (
	DefaultLease = 10 * time.Second
	DefaultPoll  = time.Second
)

// Options of a Queue.
type Options struct {
	// NodeID names this server among those that share the database; it must be
	// the same after a restart and no other's. Required.
	NodeID string
	// Lease is how long a task stays with a server that shows no life, DefaultLease if 0.
	Lease time.Duration
	// Poll is how often the database is asked for what other servers added or
	// left behind, DefaultPoll if 0.
	Poll time.Duration
	// Logger receives failures; nil discards them.
	Logger *slog.Logger
}

// HandlerOptions say how the tasks of one kind are run.
type HandlerOptions struct {
	// Concurrency is how many run at once on this server, 10 if 0.
	Concurrency int
	// MaxAttempts is after how many failed runs a task is given up, 0 for never.
	MaxAttempts int
	// Backoff is how long to wait after the attempt-th failure (from 1); nil
	// doubles from 1 s to 1 min.
	Backoff func(attempt int) time.Duration
}

// Handler runs one task. The package documentation says what its answers mean.
type Handler func(ctx context.Context, t *Task) error

// Queue runs the tasks of the kinds it has handlers for. All methods are safe
// for concurrent use.
type Queue struct {
	// Configuration and dependencies.
	db     *store.DB
	node   string
	holder string // node and a name for this life of it, as in leased_by
	lease  time.Duration
	poll   time.Duration
	logger *slog.Logger

	// wake has an element when a round may be needed.
	wake chan struct{}
	// done is closed when the dispatcher has ended, nil before Start.
	done chan struct{}

	mu       sync.Mutex
	kinds    map[string]*kind
	running  map[int64]*run
	answers  []answer
	stopping bool
	// abandoned is set when Stop gave up waiting for handlers.
	abandoned bool
}

// kind is a handler and what is known of its tasks.
type kind struct {
	name    string
	options HandlerOptions
	handler Handler
	busy    int
	// look says that due tasks may wait in the database.
	look bool
	// next is when the earliest task that is not due yet will be, zero for none.
	next time.Time
}

// New makes a queue over db; call Handle for each kind, then Start.
func New(db *store.DB, o Options) *Queue {
	q := &Queue{
		db: db, node: o.NodeID, holder: o.NodeID + "/" + rand.Text(), lease: o.Lease, poll: o.Poll, logger: o.Logger,
		wake: make(chan struct{}, 1), kinds: map[string]*kind{}, running: map[int64]*run{},
	}
	if q.lease <= 0 {
		q.lease = DefaultLease
	}
	if q.poll <= 0 {
		q.poll = DefaultPoll
	}
	if q.logger == nil {
		q.logger = slog.New(slog.DiscardHandler)
	}
	return q
}

// Handle sets the handler of a kind. A second handler for a kind is a bug in
// the wiring and panics.
func (q *Queue) Handle(name string, o HandlerOptions, h func(ctx context.Context, t *Task) error) {
	if o.Concurrency <= 0 {
		o.Concurrency = 10
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kinds[name] != nil {
		panic("task: two handlers for " + name)
	}
	q.kinds[name] = &kind{name: name, options: o, handler: h, look: true}
	q.signal()
}

// backoff doubles from 1 s to 1 min.
func backoff(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 6), time.Minute)
}

// Spec is a task to add.
type Spec struct {
	// Kind names the handler.
	Kind string
	// Key is unique among the tasks of the kind that are not done.
	Key string
	// Payload is stored as JSON.
	Payload any
	// RunAt is when it is due, at once if zero or past.
	RunAt time.Time
}

// Add adds a task in tx; it begins after the commit. If one with the same kind
// and key exists, that one is armed again: it gets the new payload and RunAt,
// its failures are forgotten, a dead one lives, and one that is running will run
// once more after.
func (q *Queue) Add(tx *store.Tx, n Spec) error {
	payload, err := json.Marshal(n.Payload)
	if err != nil {
		return fmt.Errorf("task: payload of %s %s: %w", n.Kind, n.Key, err)
	}
	at := n.RunAt
	if at.Before(tx.Now) {
		at = tx.Now
	}
	_, err = tx.Exec(`INSERT INTO task (kind, key, payload, run_at, attempt, armed, leased_by, lease_until, created_at, last_error, dead)
		VALUES ($1, $2, $3, $4, 0, 1, '', 0, $5, '', false)
		ON CONFLICT (kind, key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at, attempt = 0,
			armed = task.armed + 1, last_error = '', dead = false`,
		n.Kind, n.Key, string(payload), store.Micros(at), store.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("task: add %s %s: %w", n.Kind, n.Key, err)
	}
	wait := at.Sub(tx.Now)
	tx.OnCommit(func() { q.added(n.Kind, wait) })
	return nil
}

// added notes that a task of a kind was committed that is due after wait.
func (q *Queue) added(name string, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.kinds[name]
	if k == nil {
		return
	}
	if wait <= 0 {
		k.look = true
	} else if at := time.Now().Add(wait); k.next.IsZero() || at.Before(k.next) {
		k.next = at
	}
	q.signal()
}

// signal wakes the dispatcher.
func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
