// Package task runs durable tasks: work that is added in the transaction that
// causes it and done after the commit, once, on whichever server is alive.
//
//	queue.Handle("launch", task.HandlerOptions{Concurrency: 8}, launch)
//	…
//	db.Update(ctx, func(tx *store.Tx) error {
//		…
//		return queue.Add(tx, task.Spec{Kind: "launch", Key: name, Payload: p})
//	})
//
// # The life of a task
//
//	Add ──► due ──lease──► running ──nil──► deleted
//	 ▲       ▲               │ │ └─Cancel, or too many errors──► dead
//	 │       └──error, later─┘ └─lease lost, Stop──► due
//	 └─ Add again (same kind and key): due once more, even while it runs
//
// A server leases the tasks it runs and renews its leases by heartbeat. When it
// dies they expire, and another server takes the tasks over: after Lease + Poll
// (11 s with the defaults) at the latest. The same server, started again under
// its NodeID, takes its own back at once. A handler whose lease was lost has its
// context cancelled with ErrLeaseLost as the cause.
//
// So a handler may be begun more than once for one task, never by two servers
// with a lease at the same time, and what it commits should depend on the state
// it finds: load the row, decide, do, commit. Only a handler that answered nil
// counts as done. Leases compare the servers' clocks, which must agree to a
// fraction of Lease.
//
// Tasks of one kind begin in the order of RunAt, then of adding.
//
// # How it is done
//
// One goroutine (dispatch) does everything in rounds. A round is one
// transaction: it writes down what handlers answered since the last round, then
// leases as many due tasks as there are free places, so that many short tasks
// share few commits. A round begins when a local commit added a task, when a
// handler ended, when the earliest known RunAt has come, and every Poll to see
// what other servers added or left behind.
package task
