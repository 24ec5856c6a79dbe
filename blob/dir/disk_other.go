//go:build !linux

package dir

import "os"

// preallocate is a refinement for Linux.
func preallocate(*os.File, int64) error { return nil }

// startWriteback is a refinement for Linux.
func startWriteback(*os.File, int64, int64) {}
