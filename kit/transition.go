package kit

import (
	"fmt"
	"slices"
	"time"
)

// Transition moves a resource whose status is one of From to To. Apply, which
// may be nil, changes the resource with it.
type Transition[S ~string, T any] struct {
	Name  string
	From  []S
	To    S
	Apply func(t *T, at time.Time)
}

// IllegalTransitionError says that a resource was not in a status that the
// transition starts from. Callers that race with another change expect it.
type IllegalTransitionError struct {
	Transition string
	Status     string
}

// Error implements error.
func (e *IllegalTransitionError) Error() string {
	return fmt.Sprintf("kit: transition %q does not start from status %q", e.Transition, e.Status)
}

// Fire applies the transition to t, whose status is *status, at the instant at
// (the transaction's clock).
func (tr Transition[S, T]) Fire(status *S, t *T, at time.Time) error {
	if !slices.Contains(tr.From, *status) {
		return &IllegalTransitionError{tr.Name, string(*status)}
	}
	*status = tr.To
	if tr.Apply != nil {
		tr.Apply(t, at)
	}
	return nil
}
