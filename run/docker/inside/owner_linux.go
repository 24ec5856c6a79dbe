package inside

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// giveBack gives everything beneath dir to the owner, so that a server that is
// not root can read and remove it. Directories beneath foreign are left alone,
// and symbolic links are changed, not followed. What cannot be changed is told
// and skipped. The programs that could race with the walk are dead.
func giveBack(dir string, to Owner, foreign []string) {
	walk(dir, foreign, func(path string, st *syscall.Stat_t) {
		if int(st.Uid) == to.UID && int(st.Gid) == to.GID {
			return
		}
		if err := os.Lchown(path, to.UID, to.GID); err != nil {
			complain("give back:", err)
		}
	})
}

// openTo makes the directories beneath dir writable for a program that is not
// root. Files stay what they are: they may have further names outside.
func openTo(dir string, to Owner, foreign []string) {
	walk(dir, foreign, func(path string, st *syscall.Stat_t) {
		if st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			if err := os.Lchown(path, to.UID, to.GID); err != nil {
				complain("open to the program:", err)
			}
		}
	})
}

func walk(dir string, foreign []string, visit func(path string, st *syscall.Stat_t)) {
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			complain("walk:", err)
			return nil
		}
		if path != dir && slices.Contains(foreign, path) {
			return fs.SkipDir
		}
		info, err := e.Info()
		if err != nil {
			return nil // gone
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			visit(path, st)
		}
		return nil
	})
}
