// Package kit holds what resources share, so that a resource's own directory
// says only what is special about it: status transitions as data (Transition),
// and paging tokens that clients can neither read nor forge (Tokens).
//
// A transition is a value {From, To, Apply}. Status changes in no other way, so
// a test can walk the table and prove that every status of the API model is
// reachable or listed as reserved, and draw the diagram in docs/.
package kit
