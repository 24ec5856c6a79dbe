//go:build linux

// Package disk measures how much a program keeps in a directory, often enough to
// end it when that is too much, and seldom enough to cost next to nothing.
package disk

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// look is how often free space is looked at, which costs next to nothing.
	look = 200 * time.Millisecond
	// share bounds the cost of measuring: after a measurement nothing is
	// measured for so many times as long as it took.
	share = 10
	// idleShare is that when there is no hurry, but nobody waits longer than
	// idlePause on that account.
	idleShare = 100
	idlePause = time.Minute
)

// schedule decides when to measure how much a directory holds.
type schedule struct {
	limit int64
	// measured bytes at a time, when the file system had so much in use; took
	// how long that lasted.
	measured, inUse int64
	at              time.Time
	took            time.Duration
}

// due says whether it is time to measure, when the file system has so many
// bytes in use. As long as all of its growth together would not exceed the
// limit, there is no hurry; what others freed meanwhile hides growth, so it is
// measured every now and then anyway.
func (s *schedule) due(now time.Time, inUse int64) bool {
	pause := share * s.took
	if s.measured+max(0, inUse-s.inUse) <= s.limit {
		pause = max(pause, min(idleShare*s.took, idlePause))
	}
	return now.Sub(s.at) >= max(look, pause)
}

// Watch calls full, again and again, while there is more beneath dir than limit
// bytes, until over is closed.
func Watch(dir string, limit int64, over <-chan struct{}, full func()) {
	s := schedule{limit: limit}
	ticks := time.NewTicker(look)
	defer ticks.Stop()
	for {
		inUse := usedSpace(dir)
		if now := time.Now(); s.due(now, inUse) {
			s.measured, s.inUse = measure(dir, limit, over), inUse
			s.at, s.took = time.Now(), time.Since(now)
			if s.measured > limit {
				full()
			}
		}
		select {
		case <-over:
			return
		case <-ticks.C:
		}
	}
}

// usedSpace of the file system that a path is in, in bytes.
func usedSpace(path string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return 0
	}
	return int64(st.Blocks-st.Bfree) * st.Bsize
}

// measure sums the space that files beneath a directory take, until it is more
// than limit. It follows no links and counts a file of several names once.
func measure(dir string, limit int64, stop <-chan struct{}) int64 {
	m := measurement{limit: limit, stop: stop, linked: map[[2]uint64]bool{}}
	if f, err := os.Open(dir); err == nil {
		m.directory(f)
	}
	return m.sum
}

type measurement struct {
	sum, limit int64
	stop       <-chan struct{}
	linked     map[[2]uint64]bool // files with several names, by device and number
}

// errEnough ends a measurement early.
var errEnough = errors.New("enough")

// directory adds what is in a directory, which it closes. Directories are
// opened one from the other, so a program that moves things about cannot lead
// it elsewhere.
func (m *measurement) directory(f *os.File) error {
	defer f.Close()
	for {
		select {
		case <-m.stop:
			return errEnough
		default:
		}
		names, err := f.Readdirnames(512)
		for _, name := range names {
			if err := m.entry(f, name); err != nil {
				return err
			}
		}
		if err == io.EOF || err != nil && len(names) == 0 {
			return nil
		}
	}
}

func (m *measurement) entry(dir *os.File, name string) error {
	var st unix.Stat_t
	if unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return nil // gone again
	}
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	if !isDir && st.Nlink > 1 {
		id := [2]uint64{st.Dev, st.Ino}
		if m.linked[id] {
			return nil
		}
		m.linked[id] = true
	}
	if m.sum += st.Blocks * 512; m.sum > m.limit {
		return errEnough
	}
	if !isDir {
		return nil
	}
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return m.directory(os.NewFile(uintptr(fd), name))
}
