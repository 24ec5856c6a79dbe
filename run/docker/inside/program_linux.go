package inside

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// refusal is why a program could not be executed, with the exit status that a
// shell gives for it.
type refusal struct {
	code   int
	reason string
}

func (r *refusal) Error() string { return r.reason }

// program is what execve needs.
type program struct {
	path string
	dir  string
	env  []string
	user *user.ExecUser
}

// program resolves the plan's command within the image.
func (h *holder) program() (*program, error) {
	p := &program{dir: h.plan.Dir, env: os.Environ()}
	who, err := user.GetExecUserPath(h.plan.User, &user.ExecUser{Home: "/"}, "/etc/passwd", "/etc/group")
	if err != nil {
		return nil, &refusal{126, fmt.Sprintf("The image wants to run as the user %q, which it does not have: %v.", h.plan.User, err)}
	}
	p.user = who
	if who.Uid != 0 && !h.plan.Home {
		p.env = setenv(p.env, "HOME", who.Home)
	}
	if p.dir == "" {
		if p.dir, err = os.Getwd(); err != nil {
			return nil, fmt.Errorf("find the image's working directory: %w", err)
		}
	}
	if st, err := os.Stat(p.dir); err != nil || !st.IsDir() {
		return nil, &refusal{126, fmt.Sprintf("The working directory %s does not exist.", p.dir)}
	}
	p.path, err = lookUp(h.plan.Command[0], p.dir)
	return p, err
}

func setenv(env []string, key, value string) []string {
	for i, kv := range env {
		if strings.HasPrefix(kv, key+"=") {
			env[i] = key + "=" + value
			return env
		}
	}
	return append(env, key+"="+value)
}

// lookUp finds the program's file as execvp does.
func lookUp(name, dir string) (string, error) {
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return path, executable(name, path)
	}
	search := os.Getenv("PATH")
	var found error
	for _, place := range filepath.SplitList(search) {
		if !filepath.IsAbs(place) {
			place = filepath.Join(dir, place)
		}
		path := filepath.Join(place, name)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if found = executable(name, path); found == nil {
			return path, nil
		}
	}
	if found != nil {
		return "", found
	}
	return "", &refusal{127, fmt.Sprintf("The command %q was not found in the PATH %q of the image.", name, search)}
}

// executable says why a file cannot be executed; a refusal, or nil.
func executable(name, path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &refusal{127, fmt.Sprintf("The command %q does not exist in the image.", name)}
	case err != nil:
		return &refusal{126, fmt.Sprintf("The command %q cannot be executed: %v.", name, err)}
	case st.IsDir():
		return &refusal{126, fmt.Sprintf("The command %q is a directory.", name)}
	case unix.Access(path, unix.X_OK) != nil:
		return &refusal{126, fmt.Sprintf("The command %q is not executable: its file lacks the permission (chmod +x).", name)}
	}
	return nil
}

// fork starts the program.
func (h *holder) fork(p *program) (err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	attr := &syscall.ProcAttr{
		Dir:   p.dir,
		Env:   p.env,
		Files: []uintptr{null.Fd(), h.out.Stdout, h.out.Stderr},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	if h.plan.User != "" {
		groups := make([]uint32, len(p.user.Sgids))
		for i, g := range p.user.Sgids {
			groups[i] = uint32(g)
		}
		attr.Sys.Credential = &syscall.Credential{Uid: uint32(p.user.Uid), Gid: uint32(p.user.Gid), Groups: groups}
	}
	h.pid, err = syscall.ForkExec(p.path, h.plan.Command, attr)
	h.out.Started()
	if err != nil {
		return explain(h.plan.Command[0], err)
	}
	// When memory runs out the kernel shall choose the program, not us.
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", h.pid), []byte("200"), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		complain("oom_score_adj:", err)
	}
	return nil
}

// explain makes a refusal of what execve said.
func explain(name string, err error) error {
	switch {
	case errors.Is(err, unix.ENOEXEC):
		return &refusal{126, fmt.Sprintf("The command %q is no program that this machine can execute: a script needs a first line such as #!/bin/sh, a binary must be made for this processor.", name)}
	case errors.Is(err, unix.ENOENT):
		return &refusal{127, fmt.Sprintf("The command %q exists, but the interpreter or loader that it names does not.", name)}
	case errors.Is(err, unix.E2BIG):
		return &refusal{126, fmt.Sprintf("The command %q cannot be executed: its arguments and environment are too long.", name)}
	}
	return &refusal{126, fmt.Sprintf("The command %q cannot be executed: %v.", name, err)}
}
