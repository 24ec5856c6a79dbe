//go:build linux

package process_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/sagebrush/sagebrush/run/runtest"
)

// capabilities of this machine for this user.
func capabilities(t *testing.T) runtest.Capabilities {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := runtest.Capabilities{Commands: true, Memory: true, OptML: true, Disk: true, Mounts: true, ReadOnlyMounts: true, Tool: []string{binary, "tool"}}
	if os.Geteuid() == 0 {
		_, err := os.Stat("/sys/fs/cgroup")
		c.CPUs, c.Processes = err == nil, err == nil
	}
	return c
}

// publicDir is a directory for temporary files that everybody can reach: TMPDIR
// may lie in one that is root's alone.
func publicDir(t *testing.T) string {
	t.Helper()
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		reachable := true
		for dir := base; dir != "/" && dir != "."; dir = filepath.Dir(dir) {
			info, err := os.Stat(dir)
			reachable = reachable && err == nil && info.Mode().Perm()&0o001 != 0
		}
		if reachable {
			return base
		}
	}
	t.Skip("NOT TESTED: the contract for a plain user, who can reach no directory for temporary files: set TMPDIR to one (mode 1777)")
	return ""
}

// TestUnprivileged runs the contract again as a user without any rights: with
// its own user namespaces, without cgroups, and without either.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: other users than this one, as whom the contract ran: run this as root")
	}
	// A copy, because the test binary is in a directory that is root's alone.
	dir, err := os.MkdirTemp(publicDir(t), "sagebrush-unprivileged")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "process.test")
	// By cp, because what is forked while we have the copy open for writing could
	// keep it from being executed.
	if out, err := exec.Command("cp", "/proc/"+strconv.Itoa(os.Getpid())+"/exe", binary).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v %s", err, out)
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "TestContract$|TestSupervisorKilled|TestServerKilled$|TestRights$", "-test.v")
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
