package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Task is what a handler gets.
type Task struct {
	// ID is unique for ever.
	ID int64
	// Kind and Key are as they were added.
	Kind, Key string
	// Payload is what was added, as JSON; see Decode.
	Payload json.RawMessage
	// Attempt is 1 for the first run and counts the runs that failed. Runs that
	// a crash or Stop cut short do not count.
	Attempt int

	runAt int64
	armed int64
}

// Decode reads the payload into v.
func (t *Task) Decode(v any) error {
	if err := json.Unmarshal(t.Payload, v); err != nil {
		return fmt.Errorf("task: payload of %s %s: %w", t.Kind, t.Key, err)
	}
	return nil
}

// The causes for which a handler's context is cancelled.
var (
	// ErrLeaseLost says that another server may run the task now.
	ErrLeaseLost = errors.New("task: lease lost")
	// ErrStopping says that Stop was called.
	ErrStopping = errors.New("task: the queue is stopping")
)

// RetryAfter makes a handler's answer that runs the task again after d instead
// of the kind's backoff. With a nil err it is no failure, only not done yet: the
// attempt is not counted.
func RetryAfter(d time.Duration, err error) error { return &retryAfter{d, err} }

// retryAfter is the answer of RetryAfter.
type retryAfter struct {
	after time.Duration
	err   error
}

// Error implements error.
func (r *retryAfter) Error() string {
	if r.err == nil {
		return fmt.Sprintf("task: not done yet, again in %v", r.after)
	}
	return r.err.Error()
}

// Unwrap gives the failure to errors.Is.
func (r *retryAfter) Unwrap() error { return r.err }

// Cancel makes a handler's answer that gives the task up at once: err is kept
// with the dead task and logged.
func Cancel(err error) error { return &cancelled{err} }

// cancelled is the answer of Cancel.
type cancelled struct{ err error }

// Error implements error.
func (c *cancelled) Error() string { return fmt.Sprintf("cancelled: %v", c.err) }

// Unwrap gives the failure to errors.Is.
func (c *cancelled) Unwrap() error { return c.err }
