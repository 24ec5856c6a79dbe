package mirror

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
)

// Config is one mirror: one directory of one host.
type Config struct {
	Store blob.Store
	// Bucket and Prefix are where the files go, each under Prefix/path; a slash
	// at the Prefix's end makes no difference.
	Bucket, Prefix string
	// Local is the directory.
	Local tree.Place
	// Journal is a file of the server's, outside of what the program reaches. It
	// belongs to this mirror alone and lives as long as the job.
	Journal string
	// Keep leaves objects in place whose files were deleted (TrainContainer-11).
	Keep bool
	// Interval between two looks; 0 is one second. A file is uploaded two looks
	// after it was last changed.
	Interval time.Duration
	// Patience is how long a file may change all the time before it is uploaded
	// nevertheless; 0 is 30 seconds.
	Patience time.Duration
	// Logger, nil for none.
	Logger *slog.Logger
}

// Mirror is made by Open. Its methods are safe for concurrent use.
type Mirror struct {
	Config

	mu      sync.Mutex // held during a pass
	journal *journal
	state   map[string]known
	memory  memory
	unfit   map[string]bool // names that were complained about
}

// Open goes on with what the journal says; without one, with nothing uploaded.
func Open(c Config) (*Mirror, error) {
	c = c.withDefaults()
	if err := os.MkdirAll(filepath.Dir(c.Journal), 0o700); err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	j, state, err := openJournal(c.Journal)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	return &Mirror{Config: c, journal: j, state: state, unfit: map[string]bool{}}, nil
}

func (c Config) withDefaults() Config {
	if c.Interval <= 0 {
		c.Interval = time.Second
	}
	if c.Patience <= 0 {
		c.Patience = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

const (
	// lookShare bounds what looking costs: after a look of a second the next one
	// comes 20 seconds later.
	lookShare = 20
	// maxPause is the longest time between two tries while the store fails.
	maxPause = 30 * time.Second
)

// Run mirrors until ctx ends. What fails is tried again, and is in the log once.
func (m *Mirror) Run(ctx context.Context) {
	timer := time.NewTimer(m.Interval)
	defer timer.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		looked, err := m.pass(ctx, false)
		pause := max(m.Interval, lookShare*looked)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && failures > 0:
			m.Logger.Info("mirroring goes on", "prefix", m.Prefix)
			failures = 0
		case err != nil:
			if failures++; failures == 1 {
				m.Logger.Warn("mirroring is interrupted; it is tried again", "prefix", m.Prefix, "error", err)
			}
			pause = max(pause, min(m.Interval<<min(failures, 10), maxPause))
		}
		timer.Reset(pause)
	}
}

// maxFlushes is how often Flush looks again because files changed meanwhile.
const maxFlushes = 3

// Flush uploads and deletes all that differs, without waiting for files to
// settle. Once the program has ended, everything is in S3 when it succeeds. Files
// whose names cannot be keys are left out, and a *tree.UnfitError says so.
func (m *Mirror) Flush(ctx context.Context) error {
	for try := 1; ; try++ {
		_, err := m.pass(ctx, true)
		if err == nil || try == maxFlushes || ctx.Err() != nil || !isChanged(err) {
			return err
		}
	}
}

// Close lets the journal go, which stays.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.journal.file.Close()
}
