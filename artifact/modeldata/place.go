package modeldata

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// place makes dir by filling another directory and renaming it.
func place(dir string, fill func(part string) error) error {
	boot := bootID()
	if whole(dir, boot) {
		return nil
	}
	part := dir + ".part"
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(dir)); err != nil {
		return err
	}
	// Before the directory is there, so that it never counts for this boot's when it
	// is not.
	if err := os.WriteFile(dir+".boot", []byte(boot), 0o600); err != nil {
		return err
	}
	err := os.Mkdir(part, 0o755)
	if err == nil {
		err = os.Chmod(part, 0o755) // whatever the umask is
	}
	if err == nil {
		err = fill(part)
	}
	if err == nil {
		err = os.Rename(part, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return nil
}

// whole says whether dir was finished since the machine was started.
func whole(dir, boot string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	was, err := os.ReadFile(dir + ".boot")
	return err == nil && string(was) == boot
}

// bootID identifies the running boot of the machine, "" where it has no name.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return strings.TrimSpace(string(data))
}
