package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// Digest names the content behind an image URI, "sha256:" and 64 digits, as
// registries do: it stays while the image stays, and changes with any file of
// it. An unknown URI is refused as Resolve does. It is "" for images that are
// not folders.
func (m *Manager) Digest(ctx context.Context, uri string) (string, error) {
	img, err := m.Resolve(ctx, uri)
	if err != nil || img.Dir == "" {
		return "", err
	}
	if img.BuiltIn {
		if err := m.extract(img); err != nil {
			return "", failure(img, fmt.Sprintf("its files cannot be written under %s: %s", m.cacheDir, err), nil, err)
		}
	}
	h := sha256.New()
	if err := hashFolder(ctx, h, os.DirFS(img.Dir)); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", aws.Invalid("The folder %s of image %q cannot be read whole, which naming its content needs: %s.", img.Dir, uri, err)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// hashFolder writes to h what a folder holds: names, contents, what may be
// executed, where links lead. What Python compiled beside its sources is left
// out, because running the image makes it.
func hashFolder(ctx context.Context, h hash.Hash, fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && d.Name() == "__pycache__":
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(name, ".pyc"):
			return nil
		case d.Type() == fs.ModeSymlink:
			target, err := fs.ReadLink(fsys, name)
			fmt.Fprintf(h, "link\x00%s\x00%s\x00", name, target)
			return err
		case !d.Type().IsRegular():
			return nil // sockets and pipes hold nothing
		}
		return hashFile(h, fsys, name)
	})
}

func hashFile(h hash.Hash, fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintf(h, "file\x00%s\x00%d\x00%t\x00", name, info.Size(), info.Mode()&0o111 != 0)
	_, err = io.Copy(h, f)
	return err
}
