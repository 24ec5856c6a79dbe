package tree

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// maxDepth bounds how deep directories may be nested: each level keeps a
// directory open.
const maxDepth = 256

// UnfitError is a tree that cannot be taken, for a reason that its maker can mend.
type UnfitError struct {
	// Path within the tree, and what is wrong with it, a part of a sentence.
	Path, Reason string
}

// Error implements error.
func (e *UnfitError) Error() string { return fmt.Sprintf("%q %s", e.Path, e.Reason) }

// Node is one entry of a tree during Walk.
type Node struct {
	// Path from the top, with slashes and without a leading one.
	Path string
	Entry
	// Place is the index of the place that it comes from.
	Place int
	dir   *directory
}

// Open opens a regular file, during the visit only. ErrVanished when it is gone.
func (n Node) Open() (*File, error) { return n.dir.open(n.Name) }

// Link reads where a link points to, during the visit only.
func (n Node) Link() (string, error) { return n.dir.link(n.Name) }

// Walk visits everything below the places as if they were one directory, in byte
// order of the names within each directory, a directory before what it holds.
// Where a name stands in several places the first one has it; only directories
// are joined. Shadowed is called, when not nil, with what is left out for that
// reason. Nodes are directories, regular files and links; sockets, pipes and
// devices have no content and are passed over. A place that is not there, or is
// no directory any more, holds nothing.
func Walk(ctx context.Context, places []Place, visit func(Node) error, shadowed func(path string)) error {
	var dirs []level
	defer func() {
		for _, d := range dirs {
			d.close()
		}
	}()
	for i, p := range places {
		d, err := p.open()
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrReplaced) {
			continue
		} else if err != nil {
			return err
		}
		dirs = append(dirs, level{d, i})
	}
	w := walk{ctx: ctx, visit: visit, shadowed: shadowed}
	return w.level("", dirs, 0)
}

// Check is nil when the place is a directory, fs.ErrNotExist when nothing is
// there and ErrReplaced when something else is.
func (p Place) Check() error {
	d, err := p.open()
	if err == nil {
		d.close()
	}
	return err
}

// level is one place's share of a directory.
type level struct {
	*directory
	place int
}

type walk struct {
	ctx      context.Context
	visit    func(Node) error
	shadowed func(string)
}

// level visits what the directories at path hold together.
func (w *walk) level(at string, dirs []level, depth int) error {
	if depth > maxDepth {
		return &UnfitError{at, fmt.Sprintf("is nested more than %d directories deep", maxDepth)}
	}
	var nodes []Node
	for _, d := range dirs {
		entries, err := d.entries()
		if err != nil {
			return fmt.Errorf("tree: read %q: %w", at, err)
		}
		for _, e := range entries {
			if e.Mode&fs.ModeIrregular == 0 {
				nodes = append(nodes, Node{Path: path.Join(at, e.Name), Entry: e, Place: d.place, dir: d.directory})
			}
		}
	}
	if len(dirs) > 1 {
		slices.SortStableFunc(nodes, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
	}
	for len(nodes) > 0 {
		n := 1
		for n < len(nodes) && nodes[n].Name == nodes[0].Name {
			n++
		}
		if err := w.name(nodes[:n], depth); err != nil {
			return err
		}
		nodes = nodes[n:]
	}
	return nil
}

// name visits what the places have under one name.
func (w *walk) name(nodes []Node, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return context.Cause(w.ctx)
	}
	first := nodes[0]
	if !first.Mode.IsDir() {
		w.hide(nodes[1:])
		return w.visit(first)
	}
	var dirs []level
	defer func() {
		for _, d := range dirs {
			d.close()
		}
	}()
	for _, n := range nodes {
		if !n.Mode.IsDir() {
			w.hide([]Node{n})
			continue
		}
		d, err := n.dir.down(n.Name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrReplaced) {
			continue // it vanished just now
		} else if err != nil {
			return fmt.Errorf("tree: open %q: %w", n.Path, err)
		}
		dirs = append(dirs, level{d, n.Place})
	}
	if len(dirs) == 0 {
		return nil
	}
	if err := w.visit(first); err != nil {
		return err
	}
	return w.level(first.Path, dirs, depth+1)
}

func (w *walk) hide(nodes []Node) {
	for _, n := range nodes {
		if w.shadowed != nil {
			w.shadowed(n.Path)
		}
	}
}
