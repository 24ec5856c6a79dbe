package dir

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// diskError makes blob.ErrNoSpace of a full disk, a full quota and a full
// database, and leaves other errors as they are.
func diskError(err error) error {
	if err == nil || errors.Is(err, blob.ErrNoSpace) {
		return err
	}
	full := errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, store.ErrFull)
	if full {
		return fmt.Errorf("%w: %w", blob.ErrNoSpace, err)
	}
	return err
}

// lockFile takes the exclusive lock on path; nil without an error when another
// process has it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, err
	}
	return f, nil
}
