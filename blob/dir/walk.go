package dir

import (
	"strings"

	"github.com/sagebrush/sagebrush/blob"
)

// Sizes of the pieces in which a walk reads the index.
const (
	walkLeast = 8
	walkMost  = blob.MaxPageSize + 1
)

// spot is a place in the order of (key, id): everything after it, with id "" the
// key itself included.
type spot struct{ key, id string }

// walk makes one page of what fetch reads, grouping keys by the delimiter. A
// common prefix is one entry and is skipped by seeking behind it, so that a page
// costs what it shows, not what it hides. fetch gives up to limit entries from a
// spot on, in order, that begin with o.Prefix; at tells where one stands.
func walk[T any](o blob.ListOptions, afterID string, at func(*T) spot, fetch func(from spot, limit int) ([]T, error)) (items []T, prefixes []string, next spot, err error) {
	from := start(o, afterID)
	limit := walkMost
	if o.Delimiter == "" {
		limit = o.Max + 1
	} else {
		limit = min(limit, 2*o.Max+walkLeast)
	}
	var last spot
	for {
		batch, err := fetch(from, limit)
		if err != nil {
			return nil, nil, spot{}, err
		}
		more, hidden := len(batch) == limit, false
		for i := 0; i < len(batch); {
			if len(items)+len(prefixes) >= o.Max {
				return items, prefixes, last, nil
			}
			here := at(&batch[i])
			common, ok := blob.CommonPrefix(here.key, o.Prefix, o.Delimiter)
			hidden = ok
			if !ok {
				items, last = append(items, batch[i]), here
				from = after(here)
				i++
				continue
			}
			prefixes, last = append(prefixes, common), spot{key: common}
			for i < len(batch) && strings.HasPrefix(at(&batch[i]).key, common) {
				i++
			}
			if from.key = blob.Successor(common); from.key == "" {
				return items, prefixes, spot{}, nil
			}
			from.id = ""
		}
		if !more {
			return items, prefixes, spot{}, nil
		}
		if o.Delimiter != "" { // read less where prefixes hide keys, more where not
			if hidden {
				limit = max(walkLeast, limit/4)
			} else {
				limit = min(walkMost, limit*2)
			}
		}
	}
}

// start is where a walk begins. An After inside a common prefix is behind all of
// that prefix, which sorts before After.
func start(o blob.ListOptions, afterID string) spot {
	if o.After == "" || o.After < o.Prefix {
		return spot{key: o.Prefix}
	}
	if common, ok := blob.CommonPrefix(o.After, o.Prefix, o.Delimiter); ok {
		return spot{key: blob.Successor(common)}
	}
	return after(spot{o.After, afterID})
}

// after is the spot behind s: the next id of the same key, or the next key.
func after(s spot) spot {
	if s.id != "" {
		return s
	}
	return spot{key: s.key + "\x00"}
}
