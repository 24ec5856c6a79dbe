package sns

import (
	"sync"
	"time"
)

const (
	// maxBusy bounds the messages that are on their way to one subscriber, and
	// maxSlow those to one who is slow or failed the last time, so that nobody keeps
	// the others waiting.
	maxBusy = maxDeliveries / 2
	maxSlow = 2
	// slowAfter is how long a subscriber may take nothing before it counts as slow.
	slowAfter = time.Second
	// longestWait bounds the pause of a message that has to wait for others.
	longestWait = 10 * time.Second
)

// loads know how much every subscriber has to take.
type loads struct {
	mu   sync.Mutex
	list map[string]*load
}

// load is what is on its way to a subscriber.
type load struct {
	busy int
	// since is when the first of them set out, took when one was last taken in time.
	since, took time.Time
	// failed says that the last one was not taken.
	failed bool
	// waiting are the tasks that were told to wait.
	waiting map[int64]struct{}
}

// enter counts a message in, or says for how long it has to wait: the longer, the
// more wait already.
func (l *loads) enter(subscription string, id int64, now time.Time) (pause time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list == nil {
		l.list = map[string]*load{}
	}
	s := l.list[subscription]
	if s == nil {
		s = &load{waiting: map[int64]struct{}{}}
		l.list[subscription] = s
	}
	delete(s.waiting, id)
	slow := s.failed || s.busy > 0 && now.Sub(s.since) > slowAfter && now.Sub(s.took) > slowAfter
	switch {
	case s.busy < maxSlow || !slow && s.busy < maxBusy:
		if s.busy == 0 {
			s.since = now
		}
		s.busy++
		return 0, true
	case !slow:
		return 10 * time.Millisecond, false
	}
	s.waiting[id] = struct{}{}
	return min(longestWait, slowAfter/10*time.Duration(1+len(s.waiting)/8)), false
}

// leave counts a message out that was taken, or not.
func (l *loads) leave(subscription string, took bool, began, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.list[subscription]
	s.busy--
	s.failed = !took
	if took && now.Sub(began) <= slowAfter {
		s.took = now
	}
	if s.busy == 0 && took && len(s.waiting) == 0 {
		delete(l.list, subscription)
	}
}

// forget drops what is known of a subscription that is gone.
func (l *loads) forget(subscription string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.list[subscription]; s != nil && s.busy == 0 {
		delete(l.list, subscription)
	}
}
