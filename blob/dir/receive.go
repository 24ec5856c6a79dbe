package dir

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/sagebrush/sagebrush/blob"
)

const (
	// bufferSize is what is read, hashed and written at a time.
	bufferSize = 256 << 10
	// bufferCount is how far writing may run ahead of hashing, the slowest of all:
	// far enough that the fsync at the end is over when the hash is.
	bufferCount = 32
	// flushEvery is how many bytes are written before the disk is told to start:
	// the fsync at the end then waits for little.
	flushEvery = 8 << 20
)

// buffer travels from the reader to the hashers; the last to finish gives it back.
type buffer struct {
	data []byte
	n    int
	busy atomic.Int32
}

// received is content on disk (or in memory, when small) that the index does not
// know yet.
type received struct {
	size int64
	etag string // MD5 in hex
	sums map[string]string
	body []byte // set when id is ""
	id   string // the content file
}

// receive reads body to its end and checks it against o. With inline, content up
// to InlineLimit stays in memory. After an error nothing is left behind.
func (s *Store) receive(ctx context.Context, body io.Reader, o blob.PutOptions, inline bool) (*received, error) {
	var head []byte
	if inline && o.Size <= InlineLimit {
		var whole bool
		var err error
		if head, whole, err = readHead(body, o.Size); err != nil {
			return nil, err
		}
		if whole {
			d := newDigest(o.Checksums)
			d.write(head)
			r := &received{size: int64(len(head)), body: head}
			return r, d.finish(r, o)
		}
	}
	id, file, err := s.files.create()
	if err != nil {
		return nil, diskError(err)
	}
	r := &received{id: id}
	if err := s.fill(ctx, file, head, body, o, r); err != nil {
		s.files.discard(id)
		return nil, diskError(err)
	}
	return r, nil
}

// readHead reads up to InlineLimit bytes; whole says that this was all.
func readHead(body io.Reader, size int64) (head []byte, whole bool, err error) {
	want := int64(InlineLimit)
	if size >= 0 {
		want = size
	}
	head = make([]byte, want+1) // one more, to see the end
	n, err := io.ReadFull(body, head)
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return head[:n], true, nil
	case err != nil:
		return nil, false, err
	}
	return head, false, nil
}

// fill writes head and body into file, durably, and hashes them meanwhile.
func (s *Store) fill(ctx context.Context, file *os.File, head []byte, body io.Reader, o blob.PutOptions, r *received) (err error) {
	defer func() { err = errors.Join(err, file.Close()) }()
	if o.Size > 0 {
		if err := preallocate(file, o.Size); err != nil {
			return err
		}
	}
	p := s.startHashing(newDigest(o.Checksums))
	err = s.pump(ctx, file, head, body, p, r)
	if err == nil && o.Size > r.size {
		err = fmt.Errorf("%w: %d of %d bytes", blob.ErrIncomplete, r.size, o.Size)
	}
	if err == nil {
		err = file.Sync()
	}
	d := p.wait()
	if err == nil {
		err = d.finish(r, o)
	}
	if err == nil {
		err = syncDir(filepath.Dir(file.Name()))
	}
	return err
}

// pump moves the content from body to file and to the hashers.
func (s *Store) pump(ctx context.Context, file *os.File, head []byte, body io.Reader, p *hashing, r *received) error {
	var flushed int64
	for end := false; !end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := p.buffer()
		b.n = copy(b.data, head)
		head = head[b.n:]
		n, err := io.ReadFull(body, b.data[b.n:])
		b.n += n
		end = err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			p.free <- b
			return err
		}
		if r.size += int64(b.n); r.size > blob.MaxPut {
			p.free <- b
			return fmt.Errorf("%w: more than %d bytes", blob.ErrTooLarge, int64(blob.MaxPut))
		}
		p.hash(b)
		_, err = file.Write(b.data[:b.n])
		p.release(b)
		if err != nil {
			return err
		}
		if r.size-flushed >= flushEvery {
			startWriteback(file, flushed, r.size-flushed)
			flushed = r.size
		}
	}
	return nil
}

// finish checks the content that d has seen against o and fills in r.
func (d *digest) finish(r *received, o blob.PutOptions) error {
	if o.Size >= 0 && r.size != o.Size {
		return fmt.Errorf("%w: %d of %d bytes", blob.ErrIncomplete, r.size, o.Size)
	}
	md5 := d.md5.Sum(nil)
	r.etag = hex.EncodeToString(md5)
	if o.MD5 != nil && string(o.MD5) != string(md5) {
		return fmt.Errorf("%w: its MD5 is %s", blob.ErrBadDigest, r.etag)
	}
	var err error
	r.sums, err = d.checkSums(o)
	return err
}
