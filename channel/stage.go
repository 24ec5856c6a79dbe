package channel

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/channel/order"
)

// Stage brings the data of all channels to all hosts of this machine. When it
// returns, File channels are complete, FastFile channels are mounted and the
// first pipe of every Pipe channel is there. An *Error is the user's to mend.
//
// It starts from nothing: what an earlier Stage of the ID did is undone first, so
// a server that died in the middle calls it again. Nothing of the job may be
// running.
func (m *Manager) Stage(ctx context.Context, r Request) error {
	if err := m.Release(ctx, r.ID); err != nil {
		return err
	}
	s := &stage{m: m, r: &r, progress: &progress{call: r.Progress}}
	for i := range r.Channels {
		if err := s.plan(ctx, &r.Channels[i]); err != nil {
			return inChannel(r.Channels[i].Name, err)
		}
	}
	if err := s.fits(); err != nil {
		return err
	}
	for _, f := range s.files {
		if err := f.run(ctx, m, s.progress); err != nil {
			return inChannel(f.channel, err)
		}
	}
	if len(s.streams) == 0 {
		return nil
	}
	err := s.feed(ctx)
	if err != nil {
		// A context that ended must not keep the remains.
		if gone := m.Release(context.WithoutCancel(ctx), r.ID); gone != nil {
			m.Logger.Warn("the remains of a feeder are left to the next start", "job", r.ID, "error", gone)
		}
	}
	return err
}

// stage is one Stage.
type stage struct {
	m        *Manager
	r        *Request
	progress *progress
	files    []*download
	streams  []*stream
}

// placed is a host of this machine that gets a channel, with its share.
type placed struct {
	host  *Host
	share order.Share
}

// places are the hosts that get a channel (TrainData-8, Data-8).
func places(hosts []Host, c *Channel) []placed {
	var all []*Host
	for i := range hosts {
		if len(c.Groups) == 0 || slices.Contains(c.Groups, hosts[i].Group) {
			all = append(all, &hosts[i])
		}
	}
	var here []placed
	for i, h := range all {
		share := order.All()
		if c.Distribution == ShardedByS3Key {
			share = order.Share{Index: i, Count: len(all)}
		}
		if h.Dir != "" {
			here = append(here, placed{h, share})
		}
	}
	return here
}

// plan lists a channel once for all hosts, so that their shares fit together,
// and makes its directories.
func (s *stage) plan(ctx context.Context, c *Channel) error {
	here := places(s.r.Hosts, c)
	for _, p := range here {
		dir := dataDir(p.host)
		if c.Mode != Pipe {
			dir = filepath.Join(dir, c.Name)
			if err := os.RemoveAll(dir); err != nil { // half a copy
				return err
			}
		}
		if err := makeDir(dir); err != nil {
			return err
		}
	}
	if len(here) == 0 {
		return nil
	}
	if c.Type == AugmentedManifestFile {
		s.streams = append(s.streams, &stream{c: c, here: here})
		return nil
	}
	list, err := s.m.objects(ctx, s.r.scope(), c)
	if err == nil && len(list) == 0 {
		err = failed("no objects are left under %s", c.URI)
	}
	if err == nil && c.Mode == FastFile {
		_, prefix, _ := blob.ParseURI(c.URI) // objects has used it
		err = wholeFolder(prefix, list)
	}
	if err == nil && c.Mode != Pipe {
		list, err = namesOf(list)
	}
	if err != nil {
		return err
	}
	if c.Mode != File {
		s.streams = append(s.streams, &stream{c: c, here: here, list: list})
		return nil
	}
	for _, p := range here {
		d := &download{channel: c.Name, host: p.host, dir: filepath.Join(dataDir(p.host), c.Name)}
		for _, i := range order.Items(len(list), p.share, c.ShuffleSeed, 0) {
			d.list = append(d.list, list[i])
			d.bytes += list[i].Size
		}
		s.files = append(s.files, d)
		s.progress.total += d.bytes
	}
	return nil
}

// fits refuses File channels that the volume cannot hold (TrainData-1).
func (s *stage) fits() error {
	if s.r.VolumeBytes <= 0 {
		return nil
	}
	need := map[*Host]int64{}
	for _, f := range s.files {
		if need[f.host] += f.bytes; need[f.host] > s.r.VolumeBytes {
			return failed("the data of the File channels is larger than the ML volume of %.4g GB: %q needs %.4g GB or more. Set a larger VolumeSizeInGB, or use FastFile or Pipe mode, which need no volume",
				gigabytes(s.r.VolumeBytes), f.host.Name, gigabytes(need[f.host]))
		}
	}
	return nil
}

// gigabytes are those of VolumeSizeInGB.
func gigabytes(bytes int64) float64 { return float64(bytes) / (1 << 30) }

// progress adds up what is done.
type progress struct {
	call  func(done, total int64)
	total int64

	mu   sync.Mutex
	done int64
}

func (p *progress) add(n int64) {
	if p.call == nil || n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.call(p.done, p.total)
}
