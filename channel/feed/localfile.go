//go:build linux

package feed

import (
	"context"
	"errors"
	"io"
	"os"
	"sort"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// localFile is an opened content that is one piece.
type localFile struct {
	node  *fileNode
	file  *os.File
	piece Piece
}

var (
	_ fs.FileReader          = (*localFile)(nil)
	_ fs.FileReleaser        = (*localFile)(nil)
	_ fs.FilePassthroughFder = (*localFile)(nil)
)

// PassthroughFd implements fs.FilePassthroughFder, for a piece that is all of
// its file.
func (h *localFile) PassthroughFd() (int, bool) {
	return int(h.file.Fd()), h.piece.File != PackFile
}

// Read implements fs.FileReader: the file's pages go to the kernel without a copy.
func (h *localFile) Read(_ context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n := min(int64(len(dest)), h.piece.Length-off)
	if n <= 0 {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultFd(h.file.Fd(), h.piece.Offset+off, int(n)), 0
}

// Release implements fs.FileReleaser.
func (h *localFile) Release(context.Context) syscall.Errno {
	h.file.Close()
	return 0
}

// joinedFile is an opened content of many pieces, those of a multipart upload.
type joinedFile struct {
	node  *fileNode
	files []*os.File
	ends  []int64 // where each piece ends in the content
}

var (
	_ fs.FileReader   = (*joinedFile)(nil)
	_ fs.FileReleaser = (*joinedFile)(nil)
)

func openJoined(n *fileNode) (fs.FileHandle, error) {
	h := &joinedFile{node: n}
	var end int64
	for _, p := range n.content.Pieces {
		f, err := n.f.from.file(p)
		if err != nil {
			h.Release(context.Background())
			return nil, err
		}
		end += p.Length
		h.files, h.ends = append(h.files, f), append(h.ends, end)
	}
	return h, nil
}

// Read implements fs.FileReader.
func (h *joinedFile) Read(_ context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	pieces := h.node.content.Pieces
	i := sort.Search(len(h.ends), func(i int) bool { return h.ends[i] > off })
	done := 0
	for ; i < len(pieces) && done < len(dest); i++ {
		at := off - (h.ends[i] - pieces[i].Length)
		n := int(min(int64(len(dest)-done), pieces[i].Length-at))
		if done == 0 && n == len(dest) {
			return fuse.ReadResultFd(h.files[i].Fd(), pieces[i].Offset+at, n), 0
		}
		got, err := h.files[i].ReadAt(dest[done:done+n], pieces[i].Offset+at)
		if got < n && (err == nil || errors.Is(err, io.EOF)) {
			err = io.ErrUnexpectedEOF
		}
		if got < n {
			return nil, h.node.errno(shorter(h.node.content, err))
		}
		done, off = done+n, off+int64(n)
	}
	return fuse.ReadResultData(dest[:done]), 0
}

// Release implements fs.FileReleaser.
func (h *joinedFile) Release(context.Context) syscall.Errno {
	for _, f := range h.files {
		f.Close()
	}
	return 0
}
