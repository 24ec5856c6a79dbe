// Package statedir is what processes share that meet in a directory: programs
// that outlive the server have one each, with their supervisor's lock, records
// and socket in it, and whichever server is there finds them by it.
//
// The lock says who acts for the directory. It belongs to an open file, so that
// the kernel takes it from whoever is killed, and it can be inherited by the
// process that is to hold it for the rest. Whoever removes the directory holds
// the lock, and the next one to come finds either nothing or a new directory.
package statedir
