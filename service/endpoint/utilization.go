package endpoint

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
)

// usageEvery is how often a manager looks at what its replicas use.
const usageEvery = 4 * time.Second

// Utilization hands f what the replicas that this server drives used since it was
// last called, by endpoint and variant, a figure a replica and look (Host-9).
func (s *Service) Utilization(f func(k proxy.Key, variant string, used []replica.Utilization)) {
	s.mu.Lock()
	found := s.used
	s.used = map[proxy.Key]map[string][]replica.Utilization{}
	s.mu.Unlock()
	for k, variants := range found {
		for variant, used := range variants {
			f(k, variant, used)
		}
	}
}

// maxUsed bounds the figures of a variant that nobody asks for.
const maxUsed = 1000

// measure looks at what the replicas of an endpoint use.
func (m *manager) measure(ctx context.Context, e *Endpoint, now time.Time) {
	if now.Sub(m.measured) < usageEvery {
		return
	}
	m.measured = now
	for _, f := range e.fleets() {
		for _, r := range f.all() {
			d := m.drivers[r]
			if d == nil || d.Condition().Phase != healthy {
				continue
			}
			if used, ok := d.Utilization(ctx); ok {
				m.s.noteUse(m.routeKey(), r.Variant, used)
			}
		}
	}
}

func (s *Service) noteUse(k proxy.Key, variant string, used replica.Utilization) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[k] == nil {
		s.used[k] = map[string][]replica.Utilization{}
	}
	if list := s.used[k][variant]; len(list) < maxUsed {
		s.used[k][variant] = append(list, used)
	}
}
