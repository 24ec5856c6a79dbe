package modeldata

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/pgzip"

	"github.com/sagebrush/sagebrush/blob"
)

const (
	// maxMembers bounds how many members an archive has.
	maxMembers = 1 << 20
	// headerBytes is how much of an archive may be something else than files:
	// headers, padding, what follows its end.
	headerBytes = 1 << 30
	// parallelFrom is the size of the archives that are decompressed beside being
	// written; for smaller ones it costs more than it gains.
	parallelFrom = 4 << 20
	// copySize is how much is written at once.
	copySize = 256 << 10
)

// unpackObject unpacks an archive below root, at most limit bytes of files.
func unpackObject(ctx context.Context, objects blob.Store, r Request, bucket string, o object, root *os.Root, limit int64) error {
	body, info, err := objects.Get(ctx, bucket, o.Key, nil)
	if err != nil {
		return vanished(&o, err)
	}
	defer body.Close()
	if info.ETag != o.ETag {
		return changed(&o)
	}
	in := &source{ctx: ctx, from: body}
	err = unpack(in, o.Size, root, limit, headerBytes)
	var mine *writeError
	var unfit *unfitError
	switch {
	case err == nil:
		return nil
	case in.err != nil: // whatever it looked like to the reader of the archive
		return fmt.Errorf("modeldata: read %s: %w", r.URI, in.err)
	case errors.As(err, &unfit):
		return failed("The model data %s cannot be unpacked: %s.", r.URI, unfit.Error())
	case errors.As(err, &mine):
		return fmt.Errorf("modeldata: unpack %s: %w", r.URI, mine.err)
	case errors.Is(err, errTooLarge):
		return tooLarge(r.URI, limit)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF) && o.Size > 0:
		return failed("The model data %s ends early: the archive is truncated. Upload it again.", r.URI)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, io.EOF):
		return failed("The model data %s is not a gzip-compressed tar archive.", r.URI)
	}
	return failed("The model data %s is damaged, or not a gzip-compressed tar archive: %v.", r.URI, err)
}

// source is the archive's content; it remembers its own failures, to tell them
// from those of the content.
type source struct {
	ctx  context.Context
	from io.Reader
	err  error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = context.Cause(s.ctx)
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.from.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// errTooLarge says that an archive holds more than may be written.
var errTooLarge = errors.New("modeldata: too large")

// unfitError is a member that may not be made.
type unfitError struct{ name, reason string }

// Error implements error.
func (e *unfitError) Error() string { return fmt.Sprintf("%q %s", e.name, e.reason) }

// writeError is a failure to write.
type writeError struct{ err error }

// Error implements error.
func (e *writeError) Error() string { return e.err.Error() }

// unpack reads a tar.gz of size bytes to its end, and makes its files below root:
// at most limit bytes of files, and rest bytes of anything else.
func unpack(in io.Reader, size int64, root *os.Root, limit, rest int64) (err error) {
	var plain io.ReadCloser
	if size < parallelFrom {
		plain, err = gzip.NewReader(in)
	} else {
		plain, err = pgzip.NewReader(in)
	}
	if err != nil {
		return err
	}
	defer plain.Close() // ends what decompresses beside us
	all := &bounded{from: plain, left: limit + rest}
	u := unpacker{root: root, dirs: dirs{root: root}, left: limit, buf: make([]byte, copySize)}
	members := tar.NewReader(all)
	for n := 0; ; n++ {
		h, err := members.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if n == maxMembers {
			return errTooLarge
		}
		if err := u.member(h, members); err != nil {
			return u.explain(h.Name, err)
		}
	}
	// The rest holds the checksum.
	if _, err := io.CopyBuffer(onlyWriter{io.Discard}, all, u.buf); err != nil {
		return err
	}
	return u.checkLinks()
}

// onlyWriter hides io.Discard's own buffer.
type onlyWriter struct{ io.Writer }

// bounded reads so many bytes and no more.
type bounded struct {
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// explain tells what the archive is to blame for from what is ours.
func (u *unpacker) explain(name string, err error) error {
	var failed *fs.PathError
	var linked *os.LinkError
	var file *notDirError
	cause := err
	switch {
	case errors.As(err, &file):
		return &unfitError{file.path, "is a file and a directory"}
	case errors.As(err, &failed):
		cause = failed.Err
	case errors.As(err, &linked):
		cause = linked.Err
	default:
		return err
	}
	switch {
	case errors.Is(cause, syscall.ENAMETOOLONG):
		return &unfitError{name, "has a name that is too long"}
	case errors.Is(cause, syscall.ENOTDIR), errors.Is(cause, syscall.EISDIR), errors.Is(cause, syscall.ENOTEMPTY), errors.Is(cause, syscall.EEXIST):
		return &unfitError{name, "is a file and a directory"}
	}
	return &writeError{err}
}

// cleanName is a member's name without empty elements; the archive's own top is ".".
func cleanName(name string) (string, error) {
	for element := range strings.SplitSeq(name, "/") {
		if element == ".." {
			return "", &unfitError{name, "leads out of the archive"}
		}
	}
	if len(name) > maxPath || strings.ContainsRune(name, 0) {
		return "", &unfitError{name, "has a name that cannot be a file's"}
	}
	return path.Clean(strings.TrimLeft(name, "/")), nil
}
