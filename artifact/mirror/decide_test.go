package mirror

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// world is a program that writes files, and what decide makes of them in S3.
type world struct {
	rnd     *rand.Rand
	rules   rules
	now     time.Time
	files   view
	inode   uint64
	state   map[string]known
	memory  memory
	objects map[string]signature // what is in S3, by key
	other   map[string]bool      // keys that somebody else has put there
}

func newWorld(seed uint64, keep bool) *world {
	return &world{rnd: rand.New(rand.NewPCG(seed, 2)), rules: rules{keep: keep, patience: 5 * time.Second}, now: time.Unix(1e9, 0),
		files: view{}, state: map[string]known{}, objects: map[string]signature{}, other: map[string]bool{}}
}

// write does something that programs do.
func (w *world) write() {
	path := fmt.Sprint("f", w.rnd.IntN(6))
	fresh := func() signature {
		w.inode++
		return signature{Size: w.rnd.Int64N(100), ModTime: w.now.UnixNano() + int64(w.inode), Inode: w.inode}
	}
	switch w.rnd.IntN(4) {
	case 0:
		w.files[path] = fresh()
	case 1: // append
		if f, ok := w.files[path]; ok {
			f.Size, f.ModTime = f.Size+1, w.now.UnixNano()
			w.files[path] = f
		}
	case 2:
		delete(w.files, path)
	case 3: // rename
		if f, ok := w.files[path]; ok {
			delete(w.files, path)
			w.files[fmt.Sprint("f", w.rnd.IntN(6))] = f
		}
	}
	if w.rnd.IntN(4) == 0 { // somebody else's object
		key := fmt.Sprint("other", w.rnd.IntN(3))
		w.other[key], w.objects[key] = true, signature{}
	}
}

// look passes once and obeys; things fail now and then.
func (w *world) look(t *testing.T, final bool) plan {
	p, next := decide(w.state, w.memory, maps.Clone(w.files), w.now, w.rules, final)
	w.memory = next
	failed := false
	put := func(path string, settled bool) {
		w.state[path] = known{}
		if failed = !final && w.rnd.IntN(10) == 0; failed {
			return
		}
		w.objects[path] = w.files[path]
		w.state[path] = known{w.files[path], "etag", settled}
		if settled {
			delete(w.memory.changed, path)
		}
	}
	for _, c := range p.copies {
		if w.objects[c.from] != w.files[c.to] {
			t.Fatalf("the copy of %s to %s is another file", c.from, c.to)
		}
		put(c.to, true)
	}
	for _, u := range p.uploads {
		put(u.path, u.settled)
	}
	if failed {
		return p
	}
	for _, path := range p.deletes {
		if _, ours := w.state[path]; !ours {
			t.Fatalf("%s is deleted and was never uploaded", path)
		}
		if _, there := w.files[path]; there {
			t.Fatalf("%s is deleted and its file is there", path)
		}
		delete(w.objects, path)
		delete(w.state, path)
	}
	return p
}

// agree says whether S3 is what it has to be.
func (w *world) agree() error {
	for path, f := range w.files {
		if w.objects[path] != f {
			return fmt.Errorf("%s is %v in S3, %v here", path, w.objects[path], f)
		}
	}
	for key := range w.objects {
		if _, ok := w.files[key]; !ok && !w.other[key] && !w.rules.keep {
			return fmt.Errorf("%s was deleted and is in S3", key)
		}
	}
	for key := range w.other {
		if _, ok := w.objects[key]; !ok {
			return fmt.Errorf("somebody else's %s was deleted", key)
		}
	}
	return nil
}

// TestDecide: TrainContainer-10, -11. Whatever a program does and whatever fails,
// a final pass makes S3 equal; so do some looks once the program rests; then
// nothing is left to do; and only own objects are deleted.
func TestDecide(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		w := newWorld(seed, seed%3 == 0)
		for range w.rnd.IntN(60) {
			for range w.rnd.IntN(4) {
				w.write()
			}
			w.now = w.now.Add(time.Duration(w.rnd.IntN(3000)) * time.Millisecond)
			w.look(t, false)
		}
		if seed%2 == 0 {
			w.look(t, true)
			if err := w.agree(); err != nil {
				t.Fatalf("seed %d, after the final pass: %v", seed, err)
			}
		}
		w.rnd = rand.New(rand.NewPCG(0, 0)) // failures come again, and end
		for i := 0; ; i++ {
			w.now = w.now.Add(time.Second)
			p := w.look(t, false)
			if len(p.copies)+len(p.uploads)+len(p.deletes) == 0 && len(w.memory.changed) == 0 {
				break
			}
			if i > 100 {
				t.Fatalf("seed %d: no rest: %+v", seed, p)
			}
		}
		if err := w.agree(); err != nil {
			t.Fatalf("seed %d, at rest: %v", seed, err)
		}
	}
}

// TestRestlessFiles: a file that changes at every look is uploaded when patience
// ends, again and again, and a deletion waits for it no longer than that.
func TestRestlessFiles(t *testing.T) {
	t.Parallel()
	r := rules{patience: 10 * time.Second}
	at := time.Unix(1e9, 0)
	state := map[string]known{"old": {signature{1, 1, 1}, "e", true}}
	var before memory
	var uploads []int
	deleted := -1
	for i := range 31 {
		p, next := decide(state, before, view{"log": {int64(i), int64(i), 7}}, at.Add(time.Duration(i)*time.Second), r, false)
		before = next
		for _, u := range p.uploads {
			if u.settled {
				t.Fatal("it never settles")
			}
			uploads = append(uploads, i)
			c := before.changed[u.path]
			c.since = at.Add(time.Duration(i) * time.Second)
			before.changed[u.path] = c
		}
		if len(p.deletes) > 0 && deleted < 0 {
			deleted = i
		}
	}
	if fmt.Sprint(uploads) != "[10 20 30]" || deleted != 10 {
		t.Fatalf("uploads at %v, deletion at %d", uploads, deleted)
	}
	// A large one has to be more patient: 1 GiB is worth 64 seconds.
	_, before = decide(nil, memory{}, view{"big": {1 << 30, 1, 1}}, at, r, false)
	for _, c := range []struct{ after, uploads int }{{73, 0}, {74, 1}} {
		p, _ := decide(nil, before, view{"big": {1 << 30, 2, 1}}, at.Add(time.Duration(c.after)*time.Second), r, false)
		if len(p.uploads) != c.uploads {
			t.Errorf("after %d s: %+v", c.after, p)
		}
	}
}

// TestDeletionWaitsForTheSuccessor: an old checkpoint stays until the new one is
// uploaded, which is when it has settled.
func TestDeletionWaitsForTheSuccessor(t *testing.T) {
	t.Parallel()
	at := time.Unix(1e9, 0)
	state := map[string]known{"step-1": {signature{1, 1, 1}, "e", true}}
	now := view{"step-2": {2, 2, 2}}
	r := rules{patience: time.Minute}
	p, before := decide(state, memory{}, now, at, r, false)
	if len(p.deletes)+len(p.uploads) != 0 {
		t.Fatalf("at once: %+v", p)
	}
	p, _ = decide(state, before, now, at.Add(time.Second), r, false)
	if len(p.deletes) != 1 || len(p.uploads) != 1 {
		t.Fatalf("settled: %+v", p)
	}
}

// TestRenamedDuringALook: a look that came upon a directory between two renames
// has seen a file nowhere. It is copied at the next look, not deleted before.
func TestRenamedDuringALook(t *testing.T) {
	t.Parallel()
	at := time.Unix(1e9, 0)
	file := signature{1, 1, 1}
	state := map[string]known{"old": {file, "e", true}}
	r := rules{patience: time.Minute}
	p, before := decide(state, memory{}, view{}, at, r, false)
	if len(p.deletes) != 0 {
		t.Fatalf("%+v", p)
	}
	p, _ = decide(state, before, view{"new": file}, at.Add(time.Second), r, false)
	if len(p.copies) != 1 || p.copies[0] != (rename{"old", "new"}) || len(p.deletes) != 1 || len(p.uploads) != 0 {
		t.Fatalf("%+v", p)
	}
	p, _ = decide(state, before, view{}, at.Add(time.Second), r, false)
	if len(p.deletes) != 1 {
		t.Fatalf("it was really deleted: %+v", p)
	}
}
