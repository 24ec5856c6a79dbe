package modeldata

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/blob"
)

// Download brings model data to dir, whose parent exists: whole, or not at all. A
// dir that is there already is whole, and nothing is done, unless it was made
// before the machine was started, when the disk may have kept half of it; then no
// program can use it, and it is brought again. While it is under way, and after a
// crash, the parent holds dir+".part"; and always dir+".boot".
//
// Two calls for one dir must not overlap.
func Download(ctx context.Context, objects blob.Store, r Request, dir string) error {
	return place(dir, func(part string) error {
		bucket, list, err := look(ctx, objects, r)
		if err != nil {
			return err
		}
		return fill(ctx, objects, r, bucket, list, part)
	})
}

// fill brings the objects into a directory that is empty and nobody else's.
func fill(ctx context.Context, objects blob.Store, r Request, bucket string, list []object, dir string) error {
	limit, err := r.limit(dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if r.Gzip {
		return unpackObject(ctx, objects, r, bucket, list[0], root, limit)
	}
	var sum int64
	for _, o := range list {
		sum += o.Size
	}
	if sum > limit {
		return tooLarge(r.URI, limit)
	}
	return copyAll(ctx, objects, bucket, list, dir, root)
}

// limit is how many bytes may be written below dir.
func (r Request) limit(dir string) (int64, error) {
	if r.Limit > 0 {
		return r.Limit, nil
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("modeldata: free space of %s: %w", dir, err)
	}
	return int64(disk.Bavail) / 10 * 9 * int64(disk.Bsize), nil
}

func tooLarge(uri string, limit int64) error {
	return failed("The model data %s has more than the %d bytes that there is room for. Use a larger volume or disk, or less data.", uri, limit)
}
