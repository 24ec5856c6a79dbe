// Package channel brings a training channel's data to the hosts of a job, below
// /opt/ml/input/data (TrainData-1 … -9, Data-1 … -10).
//
// # What a job does with it
//
//	Channel.Check   at Create: do the members fit each other?
//	Manager.Look    at Create: is there any data?
//	Manager.Stage   before the program starts; when it returns the data is there
//	Manager.Await   while the program runs: tells when data cannot go on
//	Manager.Failure after the program ended: was all data delivered?
//	Manager.Release after the program ended, before its directories are removed
//	Manager.CleanUp at the server's start: ends what no job needs any more
//
// # The modes
//
// File copies every object into a directory before the program starts. The
// contents of small objects are read many at a time, large ones are copied by
// the kernel, several at once.
//
// Pipe and FastFile deliver while the program runs, and must go on when the
// server is killed. So a feeder does it (package channel/feed): a detached
// process of the same binary, one for each job on this machine. What it delivers
// is fixed when the job starts. From the server's own object store Stage takes a
// snapshot: content files are hard links in the feeder's directory, small
// contents are packed into one file, so objects may be overwritten and deleted
// while the job runs. From an external S3 the feeder reads by itself, and an
// object that changed is a failure.
//
// # What is on disk
//
// All about the feeder of a job is in <Config.Dir>/<sha256 of the ID>, see
// package channel/feed. Nothing else is kept; Stage starts from nothing, however
// often it is called.
package channel
