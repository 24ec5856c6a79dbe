package channel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/s3client"
	"github.com/sagebrush/sagebrush/channel/feed"
)

// Config is what a Manager needs.
type Config struct {
	// Objects is the object store. Pipe and FastFile need one that is a
	// blob.Locator, or an *s3client.Store, which the feeder then is a client of too.
	Objects blob.Store
	// Dir holds what feeders need, one directory each. On the file system of the
	// object store's files snapshots are links; elsewhere they are copies.
	Dir string
	// Self are the words that run feed.Main, for example {"/proc/self/exe", "feed"}.
	Self []string
	// Logger, nil for none.
	Logger *slog.Logger
}

// Manager brings channels' data to hosts. All methods are safe for concurrent
// use; those about one ID must not overlap, but for Await and Failure.
type Manager struct {
	Config
	locator blob.Locator // nil for an external S3
}

// New makes a Manager; nothing is touched yet.
func New(c Config) (*Manager, error) {
	if len(c.Self) == 0 {
		return nil, errors.New("channel: no command for the feeder")
	}
	var err error
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Manager{Config: c}
	m.locator, _ = c.Objects.(blob.Locator)
	return m, nil
}

// Request is all channels of a job and all its hosts.
type Request struct {
	// ID is unique and stable for the job, for example
	// "training/123456789012/us-east-1/mnist".
	ID string
	// Account owns every bucket that may be read.
	Account string
	// Region is the one that these buckets must be in, "" for any.
	Region string `json:",omitempty"`
	// Hosts are all hosts of the job, in order; those on this machine have a Dir.
	Hosts []Host
	// Channels have passed CheckAll.
	Channels []Channel
	// VolumeBytes is the size of a host's ML volume; File channels that are larger
	// are refused before anything is copied. 0 is unlimited.
	VolumeBytes int64
	// Progress, when set, is called with the bytes of File channels that are done,
	// and of all of them, on all hosts; never at the same time, never backwards.
	Progress func(done, total int64) `json:"-"`
}

func (r *Request) scope() aws.Scope { return aws.Scope{Account: r.Account, Region: r.Region} }

// Look says whether there is any data for a channel (CreateTrainingJob-17), and
// whether its manifest can be read. An *Error says what is wrong with a manifest;
// found is false without an error when nothing lies under the URI. The buckets
// must be the scope's, in its region unless that is "".
func (m *Manager) Look(ctx context.Context, scope aws.Scope, c Channel) (found bool, err error) {
	bucket, key, err := blob.ParseURI(c.URI)
	if err != nil {
		return false, failed("the S3Uri %v", err)
	}
	var mine *Error
	if err := m.owned(ctx, scope, bucket); errors.As(err, &mine) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	switch c.Type {
	case S3Prefix:
		list, err := m.list(ctx, bucket, key, 1)
		return len(list) > 0, err
	case ManifestFile:
		return m.lookAtManifest(ctx, scope, c.URI)
	}
	return m.lookAtLines(ctx, c)
}

// lookAtManifest reads all of a manifest and looks for its first object.
func (m *Manager) lookAtManifest(ctx context.Context, scope aws.Scope, uri string) (bool, error) {
	list, err := m.manifest(ctx, scope, uri)
	if err != nil || len(list) == 0 {
		return false, err
	}
	return true, m.measure(ctx, list[:1])
}

// lookLines is how many lines of an augmented manifest Look reads.
const lookLines = 100

// lookAtLines reads the beginning of an augmented manifest.
func (m *Manager) lookAtLines(ctx context.Context, c Channel) (bool, error) {
	body, err := m.open(ctx, c.URI)
	if err != nil {
		return false, err
	}
	defer body.Close()
	lines, enough := 0, errors.New("enough")
	err = parseAugmented(body, c.AttributeNames, func([]value) error {
		if lines++; lines == lookLines {
			return enough
		}
		return nil
	})
	if errors.Is(err, enough) {
		err = nil
	}
	return lines > 0, inManifest(c.URI, err)
}

// Await returns when data can no longer be delivered to the job, with a sentence
// for its FailureReason: its programs must then be ended, because they may take a
// part of the data for the whole. It returns "" when the job was released, at once
// when it has no Pipe or FastFile channel, and when ctx has ended, with its cause.
func (m *Manager) Await(ctx context.Context, id string) (reason string, err error) {
	f, ok, err := feed.DirOf(m.Dir, id).Await(ctx)
	if !ok || err != nil {
		return "", err
	}
	return classed(f), nil
}

// Failure says what went wrong with the job's Pipe and FastFile channels, "" when
// nothing did. fatal says that the job must not succeed, because data was missing
// without the program's knowing; otherwise the program got an error of reading,
// and the reason explains its end. Ask when the programs have ended, before
// Release.
func (m *Manager) Failure(id string) (reason string, fatal bool, err error) {
	f, ok, err := feed.DirOf(m.Dir, id).Failure()
	if !ok || err != nil {
		return "", false, err
	}
	return classed(f), f.Fatal, nil
}

// classed is a reason with the class that begins a FailureReason (CreateTrainingJob-29).
func classed(f feed.Failure) string {
	if f.Internal {
		return "InternalServerError: " + f.Reason
	}
	return "ClientError: " + f.Reason
}

// Release ends the delivery to a job and forgets it: no mount and no pipe of it
// is left. It comes before its directories are removed, and does nothing for a
// job that has no feeder.
func (m *Manager) Release(ctx context.Context, id string) error {
	return feed.DirOf(m.Dir, id).Remove(ctx)
}

// CleanUp releases every job that keep does not want, and takes away mounts that
// nobody serves: for the server's start.
func (m *Manager) CleanUp(ctx context.Context, keep func(id string) bool) error {
	return feed.Sweep(ctx, m.Dir, keep)
}

// secret is what a feeder needs to read from an external S3 by itself.
func (m *Manager) secret() (*feed.Secret, error) {
	if m.locator != nil {
		return nil, nil
	}
	client, ok := m.Objects.(*s3client.Store)
	if !ok {
		return nil, fmt.Errorf("channel: objects of a %T cannot be streamed", m.Objects)
	}
	s := feed.SecretOf(client.Options())
	return &s, nil
}

// dataDir is a host's directory of channels.
func dataDir(h *Host) string { return filepath.Join(h.Dir, "input", "data") }

// makeDir makes a directory that every user may read.
func makeDir(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return os.Chmod(path, 0o755) // whatever the umask is
}
