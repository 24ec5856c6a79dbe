// Package aws is the vocabulary that every other package speaks: who calls
// (Caller), where things live (Scope), what they are called (ARN), and what can
// go wrong (Error, with AWS's codes). It imports nothing of the project and
// does no I/O.
//
// An error that a user is meant to read is an *Error. Anything else that
// reaches the transport is masked as InternalFailure and logged under the
// request id, so internals never leak by accident.
package aws
