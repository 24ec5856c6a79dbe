//go:build !linux

package feed

import (
	"context"
	"errors"
	"path/filepath"
)

// Dir is the directory of one feeder. Feeders exist on Linux only.
type Dir string

var errLinux = errors.New("feed: Pipe and FastFile mode need Linux")

// DirOf is where the feeder of an ID would be kept beneath root.
func DirOf(root, id string) Dir { return Dir(filepath.Join(root, id)) }

// Path is a file of the directory.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// Make refuses: feeders need Linux.
func (Dir) Make() error { return errLinux }

// Note refuses: feeders need Linux.
func (Dir) Note(Spec, *Secret) error { return errLinux }

// Start refuses: feeders need Linux.
func (Dir) Start(context.Context, []string) (*Failure, error) { return nil, errLinux }

// Failure knows of none.
func (Dir) Failure() (Failure, bool, error) { return Failure{}, false, nil }

// Await knows of none.
func (Dir) Await(context.Context) (Failure, bool, error) { return Failure{}, false, nil }

// Remove has nothing to remove.
func (Dir) Remove(context.Context) error { return nil }

// Sweep has nothing to remove.
func Sweep(context.Context, string, func(string) bool) error { return nil }

// Main refuses: feeders need Linux.
func Main([]string) int { return 2 }
