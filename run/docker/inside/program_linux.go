package inside

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/moby/sys/user"

	"github.com/sagebrush/sagebrush/run/internal/command"
)

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
		return nil, command.Refuse(command.NotExecutable, "The image wants to run as the user %q, which it does not have: %v.", h.plan.User, err)
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
	p.path, err = command.Place{Dir: p.dir, Path: os.Getenv("PATH"), Image: true}.LookUp(h.plan.Command[0])
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
		return command.Explain(h.plan.Command[0], err)
	}
	// When memory runs out the kernel shall choose the program, not us.
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", h.pid), []byte("200"), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		complain("oom_score_adj:", err)
	}
	return nil
}
