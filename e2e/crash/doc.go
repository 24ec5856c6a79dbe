// Package crash proves that nothing acknowledged is lost: the server is killed
// (SIGKILL) at random instants while 50 training jobs are created and run, and
// started again on the same data directory each time. In the end every job is
// Completed, ran exactly once, and has the artifact of that run.
//
// go test ./e2e/crash runs it on SQLite and on PostgreSQL; -short takes 8 jobs.
// SAGEBRUSH_CRASH_SEED repeats the instants of an earlier run as far as the
// machine allows, SAGEBRUSH_CRASH_JOBS changes the number of jobs, and
// SAGEBRUSH_BIN names the binary to use instead of building one.
package crash
