package command_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run/internal/command"
)

// place has a program in each of the states that a file can be in.
func place(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, mode := range map[string]os.FileMode{"bin/good": 0o755, "bin/plain": 0o644, "late/plain": 0o755, "late/good": 0o755} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("#!/bin/sh\n"), mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bin", "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	dir := place(t)
	bin, late := filepath.Join(dir, "bin"), filepath.Join(dir, "late")
	for name, c := range map[string]struct {
		place command.Place
		name  string
		want  string // the file, or what the refusal says
		code  int
	}{
		"an absolute path":           {command.Place{Dir: "/"}, bin + "/good", bin + "/good", 0},
		"a relative path":            {command.Place{Dir: dir}, "bin/good", bin + "/good", 0},
		"the first in the PATH":      {command.Place{Dir: "/", Path: bin + ":" + late}, "good", bin + "/good", 0},
		"a relative PATH":            {command.Place{Dir: dir, Path: "bin"}, "good", bin + "/good", 0},
		"an empty part of the PATH":  {command.Place{Dir: bin, Path: ":/none"}, "good", bin + "/good", 0},
		"a later one that can run":   {command.Place{Dir: "/", Path: bin + ":" + late}, "plain", late + "/plain", 0},
		"none that can run":          {command.Place{Dir: "/", Path: bin}, "plain", "chmod +x", command.NotExecutable},
		"a folder":                   {command.Place{Dir: dir}, "bin/folder", "is a directory", command.NotExecutable},
		"a path to nothing":          {command.Place{Dir: dir}, "bin/none", `"bin/none" does not exist.`, command.NotFound},
		"a path to nothing, image":   {command.Place{Dir: dir, Image: true}, "bin/none", `does not exist in the image.`, command.NotFound},
		"a path through a file":      {command.Place{Dir: dir}, "bin/good/x", "cannot be executed: ", command.NotExecutable},
		"not in the PATH":            {command.Place{Dir: dir, Path: "/a:/b"}, "good", `in the PATH "/a:/b".`, command.NotFound},
		"not in the PATH, image":     {command.Place{Dir: dir, Path: "/a", Image: true}, "good", `in the PATH "/a" of the image.`, command.NotFound},
		"no PATH":                    {command.Place{Dir: dir}, "good", "was not found", command.NotFound},
		"no working directory":       {command.Place{Dir: dir + "/none"}, bin + "/good", "working directory " + dir + "/none", command.NotExecutable},
		"a working directory's file": {command.Place{Dir: bin + "/good"}, bin + "/good", "working directory", command.NotExecutable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.place.LookUp(c.name)
			var refused *command.Refusal
			switch {
			case c.code == 0 && (err != nil || got != c.want):
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			case c.code != 0 && (!errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Reason, c.want)):
				t.Errorf("got %s, %v; want %d and %q", got, err, c.code, c.want)
			}
		})
	}
}

// Explain is true of what the kernel really answers.
func TestExplain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		content string
		args    []string
		want    string
		code    int
	}{
		"no program":     {"\x00\x01\x02", nil, "#!/bin/sh", command.NotExecutable},
		"no interpreter": {"#!/none\n", nil, "interpreter", command.NotFound},
		"too long":       {"#!/bin/sh\n", []string{strings.Repeat("x", 1<<20)}, "too long", command.NotExecutable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			if err := os.WriteFile(path, []byte(c.content), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := &exec.Cmd{Path: path, Args: append([]string{path}, c.args...)}
			err := cmd.Start()
			for try := 0; errors.Is(err, unix.ETXTBSY) && try < 100; try++ { // a fork of another test holds the file
				cmd = &exec.Cmd{Path: path, Args: append([]string{path}, c.args...)}
				err = cmd.Start()
			}
			if err == nil {
				cmd.Wait()
			}
			var refused *command.Refusal
			if got := command.Explain("it", err); !errors.As(got, &refused) || refused.Code != c.code || !strings.Contains(refused.Reason, c.want) {
				t.Errorf("%v became %v; want %d and %q", err, got, c.code, c.want)
			}
		})
	}
	if err := command.Explain("it", nil); err != nil {
		t.Error("nothing was explained:", err)
	}
	if err := command.Explain("it", unix.EACCES); !strings.Contains(err.Error(), "permission denied") {
		t.Error("the kernel's reason is missing:", err)
	}
}
