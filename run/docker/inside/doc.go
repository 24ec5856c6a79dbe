// Package inside is the part of run/docker that lives in the container: its
// first process, the same binary that serves the API, mounted read-only.
//
// It is to a container what the supervisor of run/process is to a process. It
// starts the image's program as its only child, carries the program's output
// into the log stream with the times of arrival, holds the wall time and the
// grace of a stop, ends the program when the kernel killed a part of it for
// memory, sweeps what the program leaves behind, and writes down how it ended.
// Nothing of that needs the server or the engine, so all of it holds while
// neither answers. As the first process it also does what foreign programs
// forget in that place: it dies of no signal by accident and reaps orphans.
//
// It runs as the container's root also where the image names another user, and
// becomes that user for the program; so the log, the record of the end and the
// ownership of files are out of an ordinary user's reach.
//
// Everything passes through one directory that the container shares with the
// server, see Shared.
package inside
