// Package endpoint is CreateEndpoint and its companions: endpoints bring the
// models of an endpoint configuration to life, and keep them alive.
//
// An endpoint is one row (endpoint.go) and one durable task, which lasts as long as
// the endpoint does. The operations (one file each) only change the row. The task's
// handler (manager.go) makes the machine follow the row: it drives every replica
// that there is to be, removes those that retire (both in package replica), gives the
// data path its routes (route.go, explain.go), and commits what follows from what the
// replicas do (and tells the lineage graph: lineage.go). What follows is decided by one
// pure function, advance (advance.go, fleet.go), from the row and the condition of the
// replicas; the statuses are in status.go.
//
// A replica's programs are known to the runner under an ID that follows from the
// row alone. A server that comes back finds those that still run, and starts those
// that are gone; nothing runs twice, and nothing that was retired is left behind,
// because the row lists it until it is removed.
//
// Rules: DescribeEndpoint-*, CreateEndpoint-1, UpdateEndpoint-1, Weights-1,
// DeleteEndpoint-1, Variant-1, Host-1 … Host-9.
package endpoint
