package artifact

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
)

// parallelFiles bounds how many plain files are on their way at once.
const parallelFiles = 16

// Files uploads the regular files below the places as they are, each under
// to.Key and its path (TrainContainer-9); names clash as in Archive. Links are
// left out: a key cannot stand for another one.
//
// A file whose name cannot be a key is a *tree.UnfitError.
func Files(ctx context.Context, to Object, from []tree.Place) (Summary, error) {
	var sum Summary
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelFiles)
	err := tree.Walk(ctx, from, func(n tree.Node) error {
		if !n.Mode.IsRegular() {
			return nil
		}
		object := to
		var err error
		if object.Key, err = Key(to.Key, n.Path); err != nil {
			return err
		}
		f, err := n.Open()
		if err != nil {
			return ignoreVanished(err)
		}
		sum.Files, sum.Bytes = sum.Files+1, sum.Bytes+f.Entry.Size
		g.Go(func() error {
			defer f.Close()
			_, err := object.Send(ctx, f, f.Entry.Size)
			if errors.Is(err, blob.ErrIncomplete) {
				return fmt.Errorf("%w: %q", ErrChanged, n.Path)
			}
			return err
		})
		return nil
	}, func(string) { sum.Shadowed++ })
	if failed := g.Wait(); failed != nil {
		err = failed // the cause; the walk only saw ctx end
	}
	return sum, err
}

// Key is the key of a file beneath a prefix, which may be "" or end in a slash.
// A *tree.UnfitError says why the file cannot have one.
func Key(prefix, path string) (string, error) {
	key := path
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		key = prefix + "/" + path
	}
	if err := blob.ValidKey(key); err != nil {
		return "", &tree.UnfitError{Path: path, Reason: fmt.Sprintf("cannot be a key in S3, which has at most %d bytes of valid UTF-8", blob.MaxKey)}
	}
	return key, nil
}

// errFound ends a walk.
var errFound = errors.New("artifact: found")

// HasContent says whether there is anything below the places that Archive would
// put into an archive.
func HasContent(ctx context.Context, places []tree.Place) (bool, error) {
	err := tree.Walk(ctx, places, func(tree.Node) error { return errFound }, nil)
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}
