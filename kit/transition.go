package kit

import (
	"fmt"
	"slices"
	"strings"
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

// Reachable is the set of statuses that the transitions lead to.
func Reachable[S ~string, T any](table []Transition[S, T]) map[S]bool {
	to := make(map[S]bool)
	for _, tr := range table {
		to[tr.To] = true
	}
	return to
}

// Diagram draws the table as a mermaid state diagram; initial names the
// statuses that a new resource may have.
func Diagram[S ~string, T any](table []Transition[S, T], initial ...S) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range initial {
		fmt.Fprintf(&b, "    [*] --> %s\n", s)
	}
	from := make(map[S]bool)
	for _, tr := range table {
		for _, f := range tr.From {
			from[f] = true
			fmt.Fprintf(&b, "    %s --> %s: %s\n", f, tr.To, tr.Name)
		}
	}
	var ends []string
	for s := range Reachable(table) {
		if !from[s] {
			ends = append(ends, string(s))
		}
	}
	slices.Sort(ends)
	for _, s := range ends {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	return b.String()
}
