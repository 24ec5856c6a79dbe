package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/sagebrush/sagebrush/artifact/tree"
)

// ErrChanged says that a file was cut short while it was read. The upload did
// not happen; it may be tried again.
var ErrChanged = errors.New("artifact: a file changed while it was read")

// Summary is what was uploaded.
type Summary struct {
	// Files are the regular files, Bytes what they hold together.
	Files int
	Bytes int64
	// Shadowed are entries that were left out because an earlier place has their
	// name (a directory counts once, with all it holds).
	Shadowed int
}

// Archive uploads everything below the places, one for each host, as one tar.gz
// (TrainContainer-8). Names are relative to the places; where a name stands in
// several, the first place has it and directories are joined. Links are kept as
// links and never followed. The same trees make the same bytes: names are in
// order and owners are left out. Places without content make an empty archive.
//
// A tree that cannot be archived is a *tree.UnfitError.
func Archive(ctx context.Context, to Object, from []tree.Place) (Summary, error) {
	if to.ContentType == "" {
		to.ContentType = "application/x-tar"
	}
	in, out := io.Pipe()
	var sum Summary
	var failed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		sum, failed = compress(ctx, out, from)
		out.CloseWithError(failed)
	}()
	_, err := to.Send(ctx, in, -1)
	in.CloseWithError(err) // ends the writing when the upload failed
	<-done
	if err == nil || failed != nil && !errors.Is(failed, err) {
		err = failed // the cause, as it was before it went through the store
	}
	return sum, err
}

// compress writes the archive.
func compress(ctx context.Context, w io.Writer, from []tree.Place) (Summary, error) {
	c := &compressor{to: w}
	a := archive{out: tar.NewWriter(c)}
	err := tree.Walk(ctx, from, a.add, func(string) { a.sum.Shadowed++ })
	if err == nil {
		err = a.out.Close()
	}
	return a.sum, errors.Join(err, c.Close())
}

// copySize is how much of a file is read at once.
const copySize = 256 << 10

// archive is one that is being written.
type archive struct {
	out *tar.Writer
	buf []byte
	sum Summary
}

// add writes one member.
func (a *archive) add(n tree.Node) error {
	h := &tar.Header{Name: n.Path, Mode: mode(n.Mode), ModTime: n.ModTime}
	switch {
	case n.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, n.Path+"/"
		return a.header(h)
	case n.Mode&fs.ModeSymlink != 0:
		target, err := n.Link()
		if err != nil {
			return ignoreVanished(err)
		}
		h.Typeflag, h.Linkname = tar.TypeSymlink, target
		return a.header(h)
	}
	f, err := n.Open()
	if err != nil {
		return ignoreVanished(err)
	}
	defer f.Close()
	h.Typeflag, h.Size, h.Mode, h.ModTime = tar.TypeReg, f.Entry.Size, mode(f.Entry.Mode), f.Entry.ModTime
	if err := a.header(h); err != nil {
		return err
	}
	if a.buf == nil {
		a.buf = make([]byte, copySize)
	}
	// What is appended meanwhile is not part of it.
	written, err := io.CopyBuffer(a.out, io.LimitReader(f, h.Size), a.buf)
	if err == nil && written < h.Size {
		err = fmt.Errorf("%w: %q", ErrChanged, n.Path)
	}
	a.sum.Files, a.sum.Bytes = a.sum.Files+1, a.sum.Bytes+written
	return err
}

func (a *archive) header(h *tar.Header) error {
	if err := a.out.WriteHeader(h); err != nil {
		return fmt.Errorf("archive %q: %w", h.Name, err)
	}
	return nil
}

// mode is a file's mode as tar notes it.
func mode(m fs.FileMode) int64 {
	bits := int64(m.Perm())
	if m&fs.ModeSetuid != 0 {
		bits |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		bits |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return bits
}

func ignoreVanished(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
