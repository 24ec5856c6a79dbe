package modeldata

import (
	"errors"
	"io"
	"os"
)

// Unpack is unpack into a directory, with a mebibyte for headers.
func Unpack(in io.Reader, size int64, dir string, limit int64) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	return errors.Join(unpack(in, size, root, limit, 1<<20), root.Close())
}
