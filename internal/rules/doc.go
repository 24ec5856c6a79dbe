// Package rules holds the rules of the house that a compiler does not know and
// checks them on the source itself: which room may import which, that every
// package says what it is for, and what hand-written code may not do. It also
// measures how many lines a resource and an operation take (Measure). Its tests
// run in `make test`; each finding says what to do about it.
//
// The order of the rooms is read from docs/architecture.md, so that what is
// written there is what holds.
package rules
