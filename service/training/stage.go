package training

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// progressTick is how often the message of a status tells how far it is.
const progressTick = time.Second

// stage brings every host the data of its channels.
func (s *Service) stage(ctx context.Context, w work, r *row) error {
	for _, h := range r.Body.Hosts {
		for _, c := range channelsOf(&r.Body.Request, h) {
			dir := filepath.Join(s.mlDir(w, h.Name), "input", "data", *c.ChannelName)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if c.DataSource.S3DataSource == nil {
				continue
			}
			if err := s.downloadChannel(ctx, dir, *c.DataSource.S3DataSource.S3Uri); err != nil {
				return fmt.Errorf("channel %q: %w", *c.ChannelName, err)
			}
		}
	}
	return nil
}

// unstage ends what brings data while the programs run.
func (s *Service) unstage(context.Context, work, *row) error { return nil }

// dataFailure is why a host's data could not be brought while its program ran, ""
// when nothing failed.
func (s *Service) dataFailure(work, *row, Host) string { return "" }
