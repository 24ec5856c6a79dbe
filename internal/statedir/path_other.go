//go:build !linux

package statedir

// Runners of programs refuse to work here; what imports this compiles.
const openPath = 0
