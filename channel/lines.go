package channel

import (
	"context"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/channel/feed"
)

// line is a line of an augmented manifest on its way into the list: values that
// are there, and objects that are not looked up yet.
type line struct{ contents []feed.Content }

// linesAtOnce is how many lines are looked up together.
const linesAtOnce = locateBatch

// writeLines writes the list of an augmented manifest: an item a line, a content
// a value (TrainData-7). All lines are read and all objects found before the
// program starts, so what is wrong with the manifest is said at once.
func (s *stage) writeLines(ctx context.Context, out *feed.SetWriter, snap *snapshot, c *Channel) error {
	bucket, _, err := blob.ParseURI(c.URI)
	if err != nil {
		return failed("the S3Uri %v", err)
	}
	if err := s.m.owned(ctx, s.r.scope(), bucket); err != nil {
		return err
	}
	body, err := s.m.open(ctx, c.URI)
	if err != nil {
		return err
	}
	defer body.Close()
	w := &lineWriter{s: s, snap: snap, out: out, owned: map[string]bool{}, found: map[string]feed.Content{}}
	err = parseAugmented(body, c.AttributeNames, func(values []value) error { return w.add(ctx, values) })
	if err == nil {
		err = w.flush(ctx)
	}
	if err == nil && w.lines == 0 {
		err = failed("the manifest %s is empty", c.URI)
	}
	return inManifest(c.URI, err)
}

// lineWriter gathers lines, so that their objects are looked up together.
type lineWriter struct {
	s       *stage
	snap    *snapshot
	out     *feed.SetWriter
	owned   map[string]bool
	found   map[string]feed.Content // by URI: lines often name the same object
	waiting []line
	wanted  []object // that the waiting lines name and nobody has looked up
	lines   int
}

func (w *lineWriter) add(ctx context.Context, values []value) error {
	var l line
	for _, v := range values {
		if v.ref == "" {
			var c feed.Content
			if err := w.snap.add(v.literal, &c); err != nil {
				return err
			}
			l.contents = append(l.contents, c)
			continue
		}
		bucket, key, err := splitObject(v.ref)
		if err != nil {
			return err // parseAugmented has accepted it
		}
		if !w.owned[bucket] {
			if err := w.s.m.owned(ctx, w.s.r.scope(), bucket); err != nil {
				return err
			}
			w.owned[bucket] = true
		}
		if _, ok := w.found[v.ref]; !ok {
			o := object{Bucket: bucket, Key: key, Size: -1}
			w.found[v.ref] = *contentOf(&o)
			w.wanted = append(w.wanted, o)
		}
		l.contents = append(l.contents, feed.Content{Bucket: bucket, Key: key})
	}
	w.lines++
	if w.waiting = append(w.waiting, l); len(w.waiting) < linesAtOnce {
		return nil
	}
	return w.flush(ctx)
}

// flush looks up what the waiting lines name and writes them.
func (w *lineWriter) flush(ctx context.Context) error {
	err := w.snap.pin(ctx, w.wanted, func(o *object, c *feed.Content) error {
		w.found[o.uri()] = *c
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range w.waiting {
		for i, c := range l.contents {
			if c.Bucket != "" {
				l.contents[i] = w.found[(&object{Bucket: c.Bucket, Key: c.Key}).uri()]
			}
		}
		if err := w.out.Add(&feed.Item{Contents: l.contents}); err != nil {
			return err
		}
	}
	w.waiting, w.wanted = w.waiting[:0], w.wanted[:0]
	return nil
}
