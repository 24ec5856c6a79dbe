// Package tree reads directories that a job's program wrote, and may still be
// writing, as what they are: material of somebody who is not trusted.
//
// Every step down is taken from the open directory above it and never through a
// link, so nothing that the program puts in the place of a directory or a file
// leads out of the tree. Only regular files are opened, without waiting, so a
// pipe does not hang the reader. Entries that vanish between two steps are
// passed over.
package tree
