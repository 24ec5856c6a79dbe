//go:build linux

package feed

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
)

// spoolMemory is the size in bytes up to which a decompressed object that becomes
// a record waits in memory: its length stands before it.
const spoolMemory = 32 << 20

// inflate writes an object decompressed (TrainData-4).
func (p *pipe) inflate(out *writer, c *Content, body io.Reader) error {
	in, err := gzip.NewReader(bufio.NewReaderSize(body, 256<<10))
	if err != nil {
		return notGzip(c, err)
	}
	plain := &inflated{in: in, c: c}
	if !p.spec.RecordIO {
		return out.stream(c, plain, -1, false)
	}
	head, err := io.ReadAll(io.LimitReader(plain, spoolMemory+1))
	if err != nil {
		return err
	}
	if len(head) <= spoolMemory {
		return out.bytes(head, true)
	}
	spool, err := os.CreateTemp(p.temp, "spool-")
	if err != nil {
		return err
	}
	defer spool.Close()
	if err := os.Remove(spool.Name()); err != nil {
		return err
	}
	if _, err := spool.Write(head); err != nil {
		return err
	}
	rest, err := io.Copy(spool, plain)
	if err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return out.stream(c, spool, int64(len(head))+rest, true)
}

// inflated explains what is wrong with the compressed bytes.
type inflated struct {
	in *gzip.Reader
	c  *Content
}

// Read implements io.Reader.
func (i *inflated) Read(b []byte) (int, error) {
	n, err := i.in.Read(b)
	if err != nil && err != io.EOF {
		err = notGzip(i.c, err)
	}
	return n, err
}

// notGzip is what the user must hear about an object that is no gzip file.
func notGzip(c *Content, err error) error {
	var read *userError
	if errors.As(err, &read) {
		return err
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return failed("%s is not a whole gzip file, which CompressionType Gzip needs: %v", c.label(), err)
	}
	return failed("%s cannot be decompressed: %v", c.label(), err)
}
