package lineage

import "slices"

// narrow is how many entities the neighbours are read of little by little; of
// more they are all read at once.
const narrow = 64

// Batches of a level begin with the first size and double up to the last.
const firstBatch, lastBatch = 64, 8192

// level finds the entities of the next depth, ascending, a batch at a time.
type level struct {
	walker  *walker
	size    int
	streams []*stream
	// from are the entities that it is next to.
	from []int64
	// wide says that all of it was read; all is what is left of it.
	wide bool
	all  []int64
	// last is how far a narrow level was given.
	last int64
}

// stream is the neighbours of one entity in one direction.
type stream struct {
	id     int64
	up     bool
	buffer []int64
	after  int64
	done   bool
}

func newLevel(w *walker, frontier []int64, depth int) (*level, error) {
	l := &level{walker: w, size: firstBatch, from: frontier}
	after := w.query.After
	if after != nil && after.Depth >= depth {
		l.size = lastBatch // most of it was answered before
	}
	if len(frontier) > narrow || after != nil && after.Depth > depth {
		return l, l.readAll()
	}
	return l, l.open()
}

// next are the next entities that were not visited before, none at the end.
func (l *level) next() ([]int64, error) {
	defer func() { l.size = min(2*l.size, lastBatch) }()
	if !l.wide && l.last > 0 && l.size == lastBatch {
		if err := l.readAll(); err != nil { // there is more than was hoped
			return nil, err
		}
	}
	if l.wide {
		n := min(l.size, len(l.all))
		batch := l.all[:n]
		l.all = l.all[n:]
		return batch, nil
	}
	var batch []int64
	for len(batch) < l.size {
		id, ok, err := l.pull()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		l.last = id
		if _, visited := l.walker.depth[id]; !visited {
			batch = append(batch, id)
		}
	}
	return batch, nil
}

// readAll reads what has not been given yet.
func (l *level) readAll() error {
	q := &l.walker.query
	all, err := l.walker.graph.Neighbours(l.from, q.Up, q.Down)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(id int64) bool {
		_, visited := l.walker.depth[id]
		return visited || id <= l.last
	})
	slices.Sort(all)
	l.wide, l.all = true, slices.Compact(all)
	return nil
}

// open reads the beginnings of the streams.
func (l *level) open() error {
	q := &l.walker.query
	for _, up := range []bool{true, false} {
		if up && !q.Up || !up && !q.Down {
			continue
		}
		lists, err := l.walker.graph.Next(l.from, up, 0, l.size)
		if err != nil {
			return err
		}
		for i, list := range lists {
			s := &stream{id: l.from[i], up: up}
			s.fill(list, l.size)
			l.streams = append(l.streams, s)
		}
	}
	return nil
}

// pull is the lowest number that the streams have not given yet.
func (l *level) pull() (id int64, ok bool, err error) {
	for _, s := range l.streams {
		if len(s.buffer) == 0 && !s.done {
			lists, err := l.walker.graph.Next([]int64{s.id}, s.up, s.after, l.size)
			if err != nil {
				return 0, false, err
			}
			s.fill(lists[0], l.size)
		}
		if len(s.buffer) > 0 && (!ok || s.buffer[0] < id) {
			id, ok = s.buffer[0], true
		}
	}
	for _, s := range l.streams {
		if len(s.buffer) > 0 && s.buffer[0] == id {
			s.buffer = s.buffer[1:]
		}
	}
	return id, ok, nil
}

// fill takes what Next answered to a limit.
func (s *stream) fill(list []int64, limit int) {
	s.buffer, s.done = list, len(list) < limit
	if len(list) > 0 {
		s.after = list[len(list)-1]
	}
}
