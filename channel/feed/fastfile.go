//go:build linux

package feed

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/channel/order"
)

// A FastFile channel is a read-only file system (TrainData-2) whose names were
// listed when the job began and whose contents are read when they are needed. A
// content that is one file of this machine is read by the kernel straight from
// that file, where the kernel can (since 6.9) and the feeder is root.

// dirNode is a directory.
type dirNode struct {
	fs.Inode
	f    *feeder
	spec *MountSpec
	tree *tree
}

var (
	_ fs.NodeLookuper  = (*dirNode)(nil)
	_ fs.NodeReaddirer = (*dirNode)(nil)
	_ fs.NodeGetattrer = (*dirNode)(nil)
)

// Lookup implements fs.NodeLookuper.
func (d *dirNode) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	e, ok := d.tree.entries[name]
	if !ok {
		return nil, syscall.ENOENT
	}
	if e.dir != nil {
		node := &dirNode{f: d.f, spec: d.spec, tree: e.dir}
		node.attr(&out.Attr)
		return d.NewInode(ctx, node, fs.StableAttr{Mode: syscall.S_IFDIR, Ino: e.ino}), 0
	}
	node := &fileNode{f: d.f, spec: d.spec, content: e.file, ino: e.ino}
	node.attr(&out.Attr)
	return d.NewInode(ctx, node, fs.StableAttr{Mode: syscall.S_IFREG, Ino: e.ino}), 0
}

// Readdir implements fs.NodeReaddirer.
func (d *dirNode) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	list := make([]fuse.DirEntry, 0, len(d.tree.order))
	for _, name := range d.tree.order {
		e := d.tree.entries[name]
		mode := uint32(syscall.S_IFREG)
		if e.dir != nil {
			mode = syscall.S_IFDIR
		}
		list = append(list, fuse.DirEntry{Name: name, Mode: mode, Ino: e.ino})
	}
	return fs.NewListDirStream(list), 0
}

// Getattr implements fs.NodeGetattrer.
func (d *dirNode) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	d.attr(&out.Attr)
	return 0
}

func (d *dirNode) attr(a *fuse.Attr) {
	a.Ino, a.Mode, a.Nlink, a.Size = d.tree.ino, syscall.S_IFDIR|0o555, 1, 4096
	a.Uid, a.Gid = uint32(os.Getuid()), uint32(os.Getgid())
}

// fileNode is an object.
type fileNode struct {
	fs.Inode
	f       *feeder
	spec    *MountSpec
	content *Content
	ino     uint64
}

var (
	_ fs.NodeGetattrer = (*fileNode)(nil)
	_ fs.NodeOpener    = (*fileNode)(nil)
)

// Getattr implements fs.NodeGetattrer.
func (n *fileNode) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.attr(&out.Attr)
	return 0
}

func (n *fileNode) attr(a *fuse.Attr) {
	a.Ino, a.Mode, a.Nlink = n.ino, syscall.S_IFREG|0o444, 1
	a.Size, a.Blocks, a.Blksize = uint64(n.content.Size), uint64(n.content.Size+511)/512, 1<<20
	a.Uid, a.Gid = uint32(os.Getuid()), uint32(os.Getgid())
	a.Mtime, a.Ctime, a.Atime = uint64(n.content.Modified), uint64(n.content.Modified), uint64(n.content.Modified)
}

// Open implements fs.NodeOpener. The kernel has refused writers: the file system
// is mounted read-only.
func (n *fileNode) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if flags&(syscall.O_WRONLY|syscall.O_RDWR) != 0 {
		return nil, 0, syscall.EROFS
	}
	h, err := n.open()
	if err != nil {
		return nil, 0, n.errno(err)
	}
	return h, fuse.FOPEN_KEEP_CACHE, 0
}

func (n *fileNode) open() (fs.FileHandle, error) {
	c := n.content
	switch {
	case !c.local():
		return &remoteFile{node: n, cache: n.f.from.blocks()}, nil
	case len(c.Pieces) == 1:
		file, err := n.f.from.file(c.Pieces[0])
		return &localFile{node: n, file: file, piece: c.Pieces[0]}, err
	}
	return openJoined(n)
}

// errno writes down why a program gets an error of reading.
func (n *fileNode) errno(err error) syscall.Errno {
	n.f.report(inChannel(n.spec.Channel, err), false)
	return syscall.EIO
}

// forever is how long the kernel may believe what it was told: nothing changes.
const forever = 365 * 24 * time.Hour

// mount makes a channel's file system appear.
func (f *feeder) mount(s *MountSpec) error {
	items := f.sets[s.Set]
	root := &dirNode{f: f, spec: s, tree: plant(items, order.Items(len(items), s.Share, nil, 0))}
	keep := forever
	o := &fs.Options{EntryTimeout: &keep, AttrTimeout: &keep, NegativeTimeout: &keep}
	o.MountOptions = fuse.MountOptions{
		Name: "sagebrush", FsName: f.dir.source(), Options: []string{"ro"},
		// A program may be another user, or a container's root, whenever the system
		// lets us say so.
		AllowOther: mayAllowOthers(), DisableXAttrs: true,
		// Root needs no helper, and others cannot do without it.
		DirectMountStrict: os.Geteuid() == 0,
		// The files may lie on a container's overlay, which counts as one layer.
		MaxStackDepth:            2,
		ExplicitDataCacheControl: true, MaxReadAhead: readAhead, MaxWrite: 1 << 20, MaxBackground: 64,
	}
	if _, err := fs.Mount(s.Dir, root, o); err != nil {
		return inChannel(s.Channel, noFUSE(err))
	}
	widenReadAhead(s.Dir)
	return nil
}

// noFUSE says what to do on a machine that cannot mount.
func noFUSE(err error) error {
	why := err.Error()
	_, missing := os.Stat("/dev/fuse")
	_, unhelped := exec.LookPath("fusermount3")
	switch {
	case missing != nil:
		why = "there is no /dev/fuse: load the kernel module fuse, or give the container that device"
	case unix.Access("/dev/fuse", unix.R_OK|unix.W_OK) != nil:
		why = "the server's user may not open /dev/fuse"
	case os.Geteuid() == 0 && errors.Is(err, unix.EPERM):
		why = "the system does not let the server mount: a container needs the capability SYS_ADMIN for it"
	case os.Geteuid() != 0 && unhelped != nil:
		why = "the program fusermount3 is missing: install the package fuse3, or run the server as root"
	}
	return failed("FastFile mode needs FUSE on the machine that runs the job, and it cannot be used: %s. Mend that, or use File or Pipe mode", why)
}
