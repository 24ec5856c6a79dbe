package mirror

import (
	"maps"
	"slices"
	"time"
)

// signature tells one content of a file from another, as well as can be told
// without reading it.
type signature struct {
	Size    int64  `json:"s"`
	ModTime int64  `json:"t"` // nanoseconds since 1970
	Inode   uint64 `json:"i"`
}

// known is what the mirror has put under a file's key, or was about to.
type known struct {
	signature
	// ETag of the object, "" when the upload was not seen to end.
	ETag string `json:"e,omitempty"`
	// Settled says that the signature was old when the file was read, so that any
	// change since has given it another one.
	Settled bool `json:"ok,omitempty"`
}

// view is one look at the directory: the regular files by path.
type view map[string]signature

// unsettled is a difference that was seen and has not been dealt with.
type unsettled struct {
	signature
	since time.Time
}

// memory is what one look hands on to the next.
type memory struct {
	changed map[string]unsettled // files that differ from what is uploaded
	gone    map[string]time.Time // uploaded files that are there no more
}

// rules are a mirror's own.
type rules struct {
	// keep leaves objects in place whose files are gone.
	keep bool
	// patience is how long a file that never settles waits for its upload, and a
	// deletion for files that have not settled.
	patience time.Duration
}

// plan is what has to be done: copies and uploads first, then, when all of them
// went well, deletes.
type plan struct {
	copies  []rename // within S3: files that were only renamed
	uploads []upload
	deletes []string
}

type rename struct{ from, to string }

type upload struct {
	path string
	// settled says that the file was the same at two looks.
	settled bool
}

// growthRate is how fast a file is assumed to be worth uploading again and again
// while it grows, in bytes a second: a file of 1 GiB every 64 s.
const growthRate = 16 << 20

// clockTick is more than the resolution of a file system's clock: a file that was
// changed less than that ago may be changed again and keep its time.
const clockTick = 20 * time.Millisecond

// decide compares a look with what is uploaded. A file is uploaded when two looks
// in a row find it the same, so that one that is being written waits for its
// end; one that never rests is uploaded now and then. A file that was renamed is
// copied at once. A deletion waits for a second look, because the first may have
// missed a file that was renamed meanwhile, and for files that have not settled,
// so that a checkpoint does not go before its successor is there. With final,
// nothing waits.
func decide(state map[string]known, before memory, now view, at time.Time, r rules, final bool) (plan, memory) {
	var p plan
	next := memory{changed: map[string]unsettled{}, gone: map[string]time.Time{}}
	left := map[signature]string{} // settled files that are gone, by what they were
	for path, k := range state {
		if _, ok := now[path]; ok {
			continue
		}
		if k.Settled && k.ETag != "" {
			left[k.signature] = path
		}
		since, seen := before.gone[path]
		if !seen {
			since = at
		}
		next.gone[path] = since
	}
	waiting := false
	for _, path := range slices.Sorted(maps.Keys(now)) {
		sig := now[path]
		k, uploaded := state[path]
		if uploaded && k.Settled && k.signature == sig {
			continue
		}
		if from, ok := left[sig]; ok {
			p.copies = append(p.copies, rename{from, path})
			next.changed[path] = unsettled{sig, at}
			continue
		}
		prev, seen := before.changed[path]
		u := unsettled{sig, at}
		if seen {
			u.since = prev.since
		}
		age := at.Sub(time.Unix(0, sig.ModTime))
		settled := seen && prev.signature == sig && (age < 0 || age >= clockTick)
		patience := r.patience + time.Duration(sig.Size/growthRate)*time.Second
		if settled || final || at.Sub(u.since) >= patience {
			p.uploads = append(p.uploads, upload{path, settled})
		} else {
			waiting = true
		}
		next.changed[path] = u
	}
	if r.keep {
		next.gone = nil
		return p, next
	}
	for _, path := range slices.Sorted(maps.Keys(next.gone)) {
		_, twice := before.gone[path]
		if final || twice && (!waiting || at.Sub(next.gone[path]) >= r.patience) {
			p.deletes = append(p.deletes, path)
		}
	}
	return p, next
}
