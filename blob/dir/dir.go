// Package dir is the object store on local disk: what is known about an object
// is a row in the server's database, its content a file of its own, or part of
// the row when it is small.
//
//	<dir>/lock              held by the server that may clean at start
//	<dir>/content/ab/ab12…  one immutable file for each upload or part
//
// # Why it is safe
//
// A content file has a random name that nothing refers to while it is written.
// It is made durable (file, then directory) before the transaction that makes it
// visible, so what the index names exists in full. Files that lose their last
// reference are removed after the commit. A crash can therefore leave files that
// nothing names, never names without files; New starts a goroutine that removes
// such files.
//
// Readers keep what they opened. Only an object of many parts is opened file by
// file: its files are pinned in this process, so a second server that deletes
// the object meanwhile breaks the reading off.
//
// # Why it is fast
//
// Small objects (up to InlineLimit) are written inside the transaction and share
// the store's group commit, so an upload costs a share of one fsync. For large
// ones the content is written and hashed at the same time. Copies share the
// content file, counted in table content; joining a multipart upload lists its
// part files and copies nothing.
package dir

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// InlineLimit is the size in bytes up to which content is kept in the index row.
// Measured (BenchmarkPutBySize): at half of it a shared commit beats a file of its
// own by 1.4, at twice it they are even, and the database writes bytes twice.
const InlineLimit = 32 << 10

// Store is a blob.Store, blob.Localizer and blob.Locator. Make it with New.
type Store struct {
	// dependencies
	db  *store.DB
	log *slog.Logger

	files   files
	buffers sync.Pool // of *buffer
	stop    context.CancelFunc
	swept   chan struct{} // closed when the cleaning at start is over
}

var (
	_ blob.Store     = (*Store)(nil)
	_ blob.Localizer = (*Store)(nil)
	_ blob.Locator   = (*Store)(nil)
)

// New opens the store whose content lies under dir, which is made when missing.
// The index is in db. Leftovers of a crash are removed in the background; Close
// ends that. Two servers on one database must share dir.
func New(db *store.DB, dir string, logger *slog.Logger) (*Store, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Join(dir, "content"), 0o700); err != nil {
		return nil, fmt.Errorf("object directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("object directory: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{db: db, log: logger, stop: stop, swept: make(chan struct{})}
	s.files = files{root: filepath.Join(dir, "content"), lock: lock, log: logger,
		fresh: map[string]bool{}, pins: map[string]int{}, doomed: map[string]bool{}}
	s.buffers.New = func() any { return &buffer{data: make([]byte, bufferSize)} }
	go s.sweep(ctx)
	return s, nil
}

// Close ends the background cleaning. Uploads and readers under way go on.
func (s *Store) Close() error {
	s.stop()
	<-s.swept
	if s.files.lock != nil {
		return s.files.lock.Close()
	}
	return nil
}

// Swept is closed when the cleaning at start is over; tests wait on it.
func (s *Store) Swept() <-chan struct{} { return s.swept }
