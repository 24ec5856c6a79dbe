package artifact

import (
	"bytes"
	"io"
	"runtime"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/pgzip"
)

const (
	// blockSize is what one processor compresses at a time, and maxBlocks how many
	// do at once: one reader does not feed more, and each takes some 4 MiB.
	blockSize, maxBlocks = 1 << 20, 16
	// littleSize is up to where starting them is not worth it, nor is a compressor
	// with a memory: many jobs leave an empty model, or a few small files.
	littleSize = 64 << 10
)

// compressor is a gzip stream, made on all processors when there is enough to do.
type compressor struct {
	to   io.Writer
	head bytes.Buffer
	many *pgzip.Writer // once head is full
}

// Write implements io.Writer.
func (c *compressor) Write(p []byte) (int, error) {
	if c.many != nil {
		return c.many.Write(p)
	}
	if c.head.Len()+len(p) <= littleSize {
		return c.head.Write(p)
	}
	many, err := pgzip.NewWriterLevel(c.to, pgzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	c.many = many
	if err := many.SetConcurrency(blockSize, min(runtime.GOMAXPROCS(0), maxBlocks)); err != nil {
		return 0, err
	}
	if _, err := many.Write(c.head.Bytes()); err != nil {
		return 0, err
	}
	c.head = bytes.Buffer{}
	return many.Write(p)
}

// Close ends the stream. It has to be called after errors too, for it ends what
// runs beside.
func (c *compressor) Close() error {
	if c.many != nil {
		return c.many.Close()
	}
	little, err := gzip.NewWriterLevel(c.to, gzip.StatelessCompression)
	if err != nil {
		return err
	}
	if _, err := little.Write(c.head.Bytes()); err != nil {
		return err
	}
	return little.Close()
}
