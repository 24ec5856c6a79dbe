//go:build linux

package process_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sagebrush/sagebrush/run/runtest"
)

// capabilities of this machine for this user.
func capabilities(t *testing.T) runtest.Capabilities {
	t.Helper()
	c := runtest.Capabilities{Commands: true, Memory: true, OptML: true}
	if os.Geteuid() == 0 {
		_, err := os.Stat("/sys/fs/cgroup")
		c.CPUs, c.Processes = err == nil, err == nil
	}
	return c
}

// TestUnprivileged runs the contract again as a user without any rights: with
// its own user namespaces, without cgroups, and without either.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else; the contract ran as this user already")
	}
	// A copy, because the test binary is in a directory that is root's alone.
	dir, err := os.MkdirTemp("", "sagebrush-unprivileged")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "process.test")
	copyTo(t, binary)
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "TestContract$|TestSupervisorKilled|TestServerKilled$", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "PASS: TestContract/OptML") {
		t.Logf("no user namespaces here: the private /opt/ml was not tested\n%s", out)
	}
}

func copyTo(t *testing.T, path string) {
	t.Helper()
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
