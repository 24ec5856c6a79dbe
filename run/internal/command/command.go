// Package command finds a program's file and says in a user's words why it
// cannot be executed, for whoever starts a program: the supervisor of
// run/process, or the first process of a container of run/docker.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Exit statuses that shells and container engines give for a program that was
// not executed.
const (
	NotStarted    = 125 // we could not, and the program is not to blame
	NotExecutable = 126
	NotFound      = 127
)

// Refusal is why a program is not executed, in a sentence for the user.
type Refusal struct {
	Code   int // the exit status that says it
	Reason string
}

func (r *Refusal) Error() string { return r.Reason }

// Refuse makes a Refusal.
func Refuse(code int, format string, a ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, a...)}
}

// Place is where a program is looked for.
type Place struct {
	// Dir is its working directory, an absolute path.
	Dir string
	// Path is the list of directories to search, as in PATH.
	Path string
	// Image says that all files are those of an image, for the messages.
	Image bool
}

// LookUp finds a program's file as execvp does. Errors are Refusals.
func (p Place) LookUp(name string) (path string, err error) {
	if st, err := os.Stat(p.Dir); err != nil || !st.IsDir() {
		return "", Refuse(NotExecutable, "The working directory %s does not exist.", p.Dir)
	}
	if strings.Contains(name, "/") {
		path := p.absolute(name)
		return path, p.executable(name, path)
	}
	var found error
	for _, dir := range filepath.SplitList(p.Path) {
		path := filepath.Join(p.absolute(dir), name)
		if _, err := os.Stat(path); err != nil {
			continue // also directories that we may not enter, as shells do
		}
		if found = p.executable(name, path); found == nil {
			return path, nil
		}
	}
	if found != nil {
		return "", found
	}
	return "", Refuse(NotFound, "The command %q was not found in the PATH %q%s.", name, p.Path, p.image(" of the image"))
}

func (p Place) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.Dir, path)
}

// image is words for programs of an image, "" for others.
func (p Place) image(words string) string {
	if p.Image {
		return words
	}
	return ""
}

// executable says why a file cannot be executed; a Refusal, or nil.
func (p Place) executable(name, path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Refuse(NotFound, "The command %q does not exist%s.", name, p.image(" in the image"))
	case err != nil:
		return Refuse(NotExecutable, "The command %q cannot be executed: %v.", name, err)
	case st.IsDir():
		return Refuse(NotExecutable, "The command %q is a directory.", name)
	case unix.Access(path, unix.X_OK) != nil:
		return Refuse(NotExecutable, "The command %q is not executable: its file lacks the permission (chmod +x).", name)
	}
	return nil
}

// Explain makes a Refusal of what execve said of a program, nil of nil.
func Explain(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOEXEC):
		return Refuse(NotExecutable, "The command %q is no program that this machine can execute: a script needs a first line such as #!/bin/sh, a binary must be made for this processor.", name)
	case errors.Is(err, unix.ENOENT):
		return Refuse(NotFound, "The command %q exists, but the interpreter or loader that it names does not.", name)
	case errors.Is(err, unix.E2BIG):
		return Refuse(NotExecutable, "The command %q cannot be executed: its arguments and environment are too long.", name)
	}
	return Refuse(NotExecutable, "The command %q cannot be executed: %v.", name, err)
}
