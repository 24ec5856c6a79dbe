//go:build linux

package feed

import "strings"

// tree is a directory of a FastFile channel. It is made once and never changes.
type tree struct {
	ino     uint64
	entries map[string]entry
	order   []string // names as they were listed first
}

// entry is a directory or a file.
type entry struct {
	ino  uint64
	dir  *tree
	file *Content
}

// plant makes the directory tree of items whose names are clean and do not clash.
func plant(items []Item, chosen []int) *tree {
	root := &tree{ino: 1, entries: map[string]entry{}}
	last := root.ino
	for _, i := range chosen {
		at, rest := root, items[i].Name
		for {
			name, below, deeper := strings.Cut(rest, "/")
			if !deeper {
				last++
				at.add(name, entry{ino: last, file: &items[i].Contents[0]})
				break
			}
			next, ok := at.entries[name]
			if !ok {
				last++
				next = entry{ino: last, dir: &tree{ino: last, entries: map[string]entry{}}}
				at.add(name, next)
			}
			at, rest = next.dir, below
		}
	}
	return root
}

func (t *tree) add(name string, e entry) {
	t.entries[name] = e
	t.order = append(t.order, name)
}
