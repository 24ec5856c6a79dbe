// Package feed is the feeder: the process that delivers the channels of a job in
// Pipe and FastFile mode while its program runs (Linux).
//
// It is the same binary executed again with the words given to Dir.Start
// (cmd/sagebrush calls Main for them before anything else), a session of its own,
// so nothing that happens to the server reaches it.
//
// All about a feeder is in its directory:
//
//	lock          flocked by whoever acts for it: first Start, then the feeder,
//	              which inherits the locked file, so there is no gap
//	spec.json     the Spec
//	<n>.set       the items of a channel, written by SetWriter
//	pins/         hard links to content files of the object store, and "pack",
//	              the small contents one after the other
//	s3.json       how to reach an external S3, 0600, only where there is one
//	failure.json  the first Failure
//	sock          connect: the feeder lives; end of file: it has ended; the line
//	              "end" tells it to unmount, remove its pipes and go
//	feeder.err    what it complained about
//
// A free lock means that the feeder is gone: it was told to end, it failed, or
// it was killed. A pipe whose feeder is gone looks to its reader as if the epoch
// were over, so whoever believes a program's success asks Failure first.
//
// A feeder ends by itself when its directory is gone.
package feed
