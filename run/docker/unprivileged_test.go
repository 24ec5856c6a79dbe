//go:build linux

package docker_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
)

// TestOwnership: what a container's root leaves is the server's, whoever that is,
// also when the container was killed.
func TestOwnership(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("NOT TESTED: files that a container's root leaves to another user, because root may remove everything: TestUnprivileged tests it as somebody else")
	}
	r := newRunner(t, t.TempDir())
	checkpoints := t.TempDir()
	const text = `umask 077; cd /opt/ml; mkdir -p model/deep/er; echo x >model/deep/er/weights; ln -s /etc/passwd model/link; chown 77:77 model/deep; echo x >checkpoints/c; mkdir /.sagebrush/run/junk; echo up`
	for name, c := range map[string]struct {
		script string
		kill   bool
	}{
		"ended":  {text, false},
		"killed": {text + "; sleep 1000", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := script(t, t.Name(), c.script)
			if err := os.Mkdir(s.OptML+"/checkpoints", 0o755); err != nil {
				t.Fatal(err)
			}
			s.Mounts = []run.Mount{{Source: checkpoints, Target: "/opt/ml/checkpoints"}}
			p := start(t, r, s)
			if c.kill {
				await(t, "up", func() bool { return len(messages(t, s)) == 1 })
				if _, err := engine(t).api.ContainerKill(t.Context(), container(t, s.ID), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
					t.Fatal(err)
				}
			}
			if e := wait(t, p); e.OK() == c.kill {
				t.Errorf("%+v", e)
			}
			if c.kill {
				if _, err := os.ReadFile(s.OptML + "/model/deep/er/weights"); err == nil {
					t.Error("a killed container's file is readable already: this tests nothing")
				}
				if err := r.Remove(t.Context(), p.Handle()); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := os.ReadFile(s.OptML + "/model/deep/er/weights"); string(got) != "x\n" {
				t.Errorf("%q, %v", got, err)
			}
			for _, dir := range []string{s.OptML, checkpoints} {
				mine(t, dir)
			}
			if err := os.RemoveAll(s.OptML); err != nil {
				t.Error(err)
			}
			if st, err := os.Stat("/etc/passwd"); err != nil || st.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Errorf("a link was followed: %v", err)
			}
		})
	}
}

// mine checks that everything beneath dir is this user's.
func mine(t *testing.T, dir string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if st := info.Sys().(*syscall.Stat_t); int(st.Uid) != os.Geteuid() || int(st.Gid) != os.Getegid() {
			t.Errorf("%s is %d:%d's", path, st.Uid, st.Gid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestUnprivileged runs the tests again as a user who may use the engine, and
// nothing else.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	f := engine(t)
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: other users than this one, as whom the tests ran: run this as root")
	}
	socket := strings.TrimPrefix(f.api.DaemonHost(), "unix://")
	st, err := os.Stat(socket)
	if err != nil || st.Mode().Perm()&0o060 != 0o060 {
		t.Skipf("NOT TESTED: a server without root, for which the engine's socket must be readable and writable for a group (.ci/with-docker starts such an engine): %v", err)
	}
	// A copy, because the test binary is in a directory that is root's alone.
	dir, err := os.MkdirTemp("/tmp", "sagebrush-unprivileged")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "docker.test")
	for from, to := range map[string]string{fmt.Sprintf("/proc/%d/exe", os.Getpid()): binary, f.init: dir + "/init"} {
		if out, err := exec.Command("cp", "-L", from, to).CombinedOutput(); err != nil {
			t.Fatalf("cp: %v %s", err, out)
		}
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.run", "TestOwnership|TestServerKilled$|TestReach|TestContract/(Files|OptML|Stop|Many|NotExecutable|OOM)|TestWhatRuns/user|TestForgery|TestClean", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "DOCKER_HOST=" + f.api.DaemonHost(), envReady + "=" + dir + "/init"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{st.Sys().(*syscall.Stat_t).Gid}}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: TestOwnership/killed") {
		t.Errorf("the ownership of files was not tested\n%s", out)
	}
}
