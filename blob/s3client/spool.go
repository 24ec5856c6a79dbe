package s3client

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// spooled is content that waits to be sent, read once and checked.
type spooled struct {
	io.ReadSeeker
	size int64
	md5  []byte
	sums map[string]string
	file *os.File // nil when in memory
}

// spool reads body to its end and checks it against o.
func (s *Store) spool(body io.Reader, o blob.PutOptions) (*spooled, error) {
	sum, hashes := md5.New(), map[string]hash.Hash{}
	to := []io.Writer{sum}
	for name := range o.Checksums {
		if hashes[name] = checksum.New(name); hashes[name] == nil {
			return nil, fmt.Errorf("checksum algorithm %q: %w", name, errors.ErrUnsupported)
		}
		to = append(to, hashes[name])
	}
	in := io.TeeReader(io.LimitReader(body, blob.MaxPut+1), io.MultiWriter(to...))
	p := &spooled{}
	var head bytes.Buffer
	n, err := io.CopyN(&head, in, SpoolMemory)
	p.size, p.ReadSeeker = n, bytes.NewReader(head.Bytes())
	if err == nil { // there may be more
		err = p.toFile(s.options.TempDir, &head, in)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err == nil {
		err = p.check(sum, hashes, o)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// toFile moves what was read into a temporary file and the rest behind it.
func (p *spooled) toFile(dir string, head, rest io.Reader) (err error) {
	if p.file, err = os.CreateTemp(dir, "upload-*"); err != nil {
		return spaceError(err)
	}
	if p.size, err = io.Copy(p.file, io.MultiReader(head, rest)); err != nil {
		return spaceError(err)
	}
	p.ReadSeeker = p.file
	_, err = p.file.Seek(0, io.SeekStart)
	return err
}

func spaceError(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("%w: %w", blob.ErrNoSpace, err)
	}
	return err
}

// check holds what was read against what was announced before and behind it.
func (p *spooled) check(sum hash.Hash, hashes map[string]hash.Hash, o blob.PutOptions) error {
	switch p.md5 = sum.Sum(nil); {
	case p.size > blob.MaxPut:
		return fmt.Errorf("%w: more than %d bytes", blob.ErrTooLarge, int64(blob.MaxPut))
	case o.Size >= 0 && p.size != o.Size:
		return fmt.Errorf("%w: %d of %d bytes", blob.ErrIncomplete, p.size, o.Size)
	case o.MD5 != nil && !bytes.Equal(o.MD5, p.md5):
		return fmt.Errorf("%w: its MD5 is %x", blob.ErrBadDigest, p.md5)
	}
	p.sums = map[string]string{}
	for name, h := range hashes {
		p.sums[name] = checksum.Encode(h)
	}
	wanted := []map[string]string{o.Checksums}
	if o.Trailer != nil {
		trailer, err := o.Trailer()
		if err != nil {
			return err
		}
		wanted = append(wanted, trailer)
	}
	for _, m := range wanted {
		for name, want := range m {
			if want != "" && want != p.sums[name] {
				return fmt.Errorf("%w: its %s is %s", blob.ErrBadDigest, name, p.sums[name])
			}
		}
	}
	return nil
}

// contentMD5 is the header that has the external store check what arrives.
func (p *spooled) contentMD5() *string {
	s := base64.StdEncoding.EncodeToString(p.md5)
	return &s
}

// etag is the ETag of content that is sent in one piece.
func (p *spooled) etag() string { return hex.EncodeToString(p.md5) }

// sum is one checksum, nil when it was not wanted.
func (p *spooled) sum(name string) *string { return optional(p.sums[name]) }

// Close removes the temporary file.
func (p *spooled) Close() error {
	if p.file == nil {
		return nil
	}
	return errors.Join(p.file.Close(), os.Remove(p.file.Name()))
}
