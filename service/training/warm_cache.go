package training

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/sagebrush/sagebrush/aws"
)

// cacheName is where a program leaves what later jobs of its warm pool shall
// find, beneath /opt/ml.
const cacheName = "sagemaker/warmpoolcache"

// cacheDir is where a pool's caches wait for the next job, one directory a host.
func (s *Service) cacheDir(w work) string {
	return filepath.Join(s.Dir, ".warm", w.Account, w.Region, w.Name)
}

// keepCache puts what the programs left in their caches aside for the next job.
// It is done before the pool becomes available: whoever takes that finds it.
func (s *Service) keepCache(w work, r *row) error {
	if r.Body.Pool == nil {
		return nil
	}
	for _, h := range r.Body.Hosts {
		from, to := filepath.Join(s.mlDir(w, h.Name), cacheName), filepath.Join(s.cacheDir(w), h.Name)
		if !own(s.mlDir(w, h.Name), "sagemaker", "warmpoolcache") {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.Rename(from, to); err != nil {
			return fmt.Errorf("keep the warm pool's cache: %w", err)
		}
	}
	return nil
}

// takeCache gives a host the cache that the earlier job of its pool left. A job
// that keeps its instances has one in any case, empty at first: programs write
// there without asking.
func (s *Service) takeCache(w work, r *row, host string) error {
	to := filepath.Join(s.mlDir(w, host), cacheName)
	if r.Body.Reused != "" {
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		from := filepath.Join(s.cacheDir(work{w.Account, w.Region, r.Body.Reused}), host)
		if err := ignoreMissing(os.Rename(from, to)); err != nil {
			return err
		}
		_ = os.Remove(filepath.Dir(from)) // not while caches of other hosts are in it
	}
	if aws.Val(r.Body.Request.ResourceConfig.KeepAlivePeriodInSeconds) == 0 {
		return nil
	}
	return os.MkdirAll(to, 0o755)
}
