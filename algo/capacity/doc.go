// Package capacity decides which waiting jobs may start on a machine. It is
// pure: state in, decisions out, the same answer for the same state, no clock.
//
// The rule, which docs/capacity.md explains to users:
//
//   - An instance type says what a job may use, seldom what it uses. So the
//     machine counts as if it had twice its processors and memory
//     (Machine.Overcommit), and GPUs count once.
//   - Each host of a job takes what its instance type has, or what the machine
//     has where that is less. A job that needs more than the whole machine gets
//     the whole machine and runs alone.
//   - First come, first served. While a job that does not fit has waited less
//     than Machine.Patience, later jobs that fit may pass it. After that a later
//     job starts only if it takes nothing that the waiting one needs: running
//     jobs end, what they held stays free, and so the waiting job starts.
//
// The last point is why nothing starves, whatever arrives: passing is bounded by
// time, not by luck. It needs no memory either, only how long each job has
// waited, so a server that was killed decides as before.
package capacity
