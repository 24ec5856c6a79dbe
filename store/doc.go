// Package store keeps the server's state in one database, SQLite in a file or
// PostgreSQL, behind two calls: View for reading and Update for changing.
//
//	err := db.Update(ctx, func(tx *store.Tx) error {
//		job, err := jobs.Get(tx, scope, "mnist")
//		if err != nil {
//			return err
//		}
//		job.Status = "Stopping"
//		return jobs.Update(tx, job)
//	})
//
// What Update returned nil for is on disk. Every Update behaves as if it ran
// alone (it is serializable on both databases), so the function needs no locks;
// it may run more than once, so it must change nothing but the database, and
// leave effects to tx.OnCommit. Nothing slow belongs inside: no network, no
// files, no waiting.
//
// # How it is done
//
// On SQLite one goroutine (writer) owns the only connection that writes. It
// collects the functions that wait, runs each in a savepoint of its own, and
// commits them together, so that many callers share one sync of the disk while
// an error takes back only its own changes. Readers have connections of their
// own and see every commit that was acknowledged before they began.
//
// On PostgreSQL each Update is its own serializable transaction, run again when
// the database reports a conflict.
//
// SQL is one text for both databases: $1 placeholders, bigint, text, boolean
// and bytes as types, times as microseconds (Micros, FromMicros). Statements
// are prepared once per connection. Migrations (directory migrations) run at
// Open, forwards only.
//
// Table maps a Go type to rows of the one table of resources; most callers need
// nothing else.
package store
