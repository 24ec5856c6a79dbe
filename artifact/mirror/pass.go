package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
)

// pass looks once and does what has to be done. It answers how long looking took.
func (m *Mirror) pass(ctx context.Context, final bool) (looked time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	begun := time.Now()
	now, unfit, err := m.look(ctx)
	if err != nil {
		return time.Since(begun), err
	}
	looked = time.Since(begun)
	p, next := decide(m.state, m.memory, now, begun, rules{m.Keep, m.Patience}, final)
	m.memory = next
	if err := m.apply(ctx, p); err != nil {
		return looked, err
	}
	if final && unfit != nil {
		return looked, unfit
	}
	return looked, m.journal.compact(m.state)
}

// look lists the regular files that can have a key. Of those that cannot, unfit
// is the first, and each is in the log once.
func (m *Mirror) look(ctx context.Context) (now view, unfit *tree.UnfitError, err error) {
	if err := m.Local.Check(); errors.Is(err, tree.ErrReplaced) {
		// Rather than deleting everything: somebody wants to keep something.
		return nil, nil, fmt.Errorf("mirror: %q is not a directory any more: links are not followed", m.Local.Path)
	}
	now = view{}
	err = tree.Walk(ctx, []tree.Place{m.Local}, func(n tree.Node) error {
		if !n.Mode.IsRegular() {
			return nil
		}
		if _, err := artifact.Key(m.Prefix, n.Path); err != nil {
			if unfit == nil {
				errors.As(err, &unfit)
			}
			if !m.unfit[n.Path] {
				m.unfit[n.Path] = true
				m.Logger.Warn("a file is not mirrored", "file", n.Path, "error", err)
			}
			return nil
		}
		now[n.Path] = signatureOf(n.Entry)
		return nil
	}, nil)
	return now, unfit, err
}

func signatureOf(e tree.Entry) signature {
	return signature{Size: e.Size, ModTime: e.ModTime.UnixNano(), Inode: e.Inode}
}

// apply does what was decided. Deletions are left for the next pass when
// anything failed before.
func (m *Mirror) apply(ctx context.Context, p plan) error {
	if err := m.intend(p); err != nil {
		return err
	}
	w := work{Mirror: m}
	w.each(ctx, len(p.copies), func(ctx context.Context, i int) error { return w.copy(ctx, p.copies[i]) })
	w.each(ctx, len(p.uploads), func(ctx context.Context, i int) error { return w.upload(ctx, p.uploads[i]) })
	if w.failed == nil {
		w.delete(ctx, p.deletes)
	}
	return w.failed
}

// intend notes what will be under the keys before it is: if the server is killed
// now, the next one knows that the objects are the mirror's, whatever they hold.
func (m *Mirror) intend(p plan) error {
	var intents []record
	for _, c := range p.copies {
		intents = append(intents, record{Path: c.to})
	}
	for _, u := range p.uploads {
		intents = append(intents, record{Path: u.path})
	}
	if len(intents) == 0 {
		return nil
	}
	if err := m.journal.add(intents...); err != nil {
		return err
	}
	for _, r := range intents {
		m.state[r.Path] = r.known
	}
	return nil
}
