// Package datadir knows what lies in a data directory and under which name:
// the keys that clients use, the local CA, the address of the running server,
// and the locks that keep two servers from using one directory by mistake.
//
// Everything here is small files, replaced whole (Replace) so that a reader or
// a crash never meets half of one.
package datadir
