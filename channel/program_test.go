package channel_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// A program that a runner starts after Stage finds all of it below its /opt/ml,
// in whatever namespaces it runs (TrainData-1 … -3).
func TestProgram(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	w.put("d/a", large(2<<20, 1))
	w.put("d/b", "small")
	w.stage(w.request("job", fileChannel("file", "s3://data/d/"), pipeChannel("pipe", "s3://data/d/"), fastChannel("fast", "s3://data/d/")))
	runner, err := process.New(filepath.Join(w.home, "run"), []string{"/proc/self/exe", "supervise"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := runner.Start(t.Context(), run.Spec{
		ID: "job", OptML: w.ml, Log: filepath.Join(w.home, "log"), Env: map[string]string{"PATH": os.Getenv("PATH")},
		Command: []string{"sh", "-ec", `cd "$SAGEMAKER_BASE_DIR/input/data"
			cat pipe_0 >pipe.epoch; head -c 5 pipe_1 >/dev/null; while [ ! -e pipe_2 ]; do :; done; cat pipe_2 | cmp - pipe.epoch
			cat fast/a fast/b | cmp - pipe.epoch
			cat file/a file/b | cmp - pipe.epoch
			if echo x >fast/a; then exit 3; fi
			echo x >file/a`},
	})
	if err != nil {
		t.Fatal(err)
	}
	exit, err := p.Wait(t.Context())
	if err != nil || !exit.OK() {
		log, _ := os.ReadFile(filepath.Join(w.home, "log"))
		t.Errorf("%+v, %v\n%s", exit, err, log)
	}
	if err := runner.Remove(t.Context(), p.Handle()); err != nil {
		t.Error(err)
	}
	if reason, _, err := w.Failure("job"); reason != "" || err != nil {
		t.Errorf("%q, %v", reason, err)
	}
	if info, err := w.objects.Head(t.Context(), "data", "d/a"); err != nil || info.Size != 2<<20 {
		t.Errorf("the program changed the object: %v, %v", info.Size, err)
	}
}

// Where this user has no FUSE, the failure says so and what to do.
func TestWithoutFUSE(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 || unix.Access("/dev/fuse", unix.R_OK|unix.W_OK) == nil {
		t.Skip("NOT TESTED: what a user without FUSE is told, because this one has it: TestUnprivileged tests it as another, where root runs it and /dev/fuse is root's alone")
	}
	w := newWorld(t)
	w.put("d/a", "a")
	err := w.Stage(t.Context(), w.request("job", fastChannel("train", "s3://data/d/"), pipeChannel("pipe", "s3://data/d/")))
	if err == nil || !strings.Contains(err.Error(), `channel "train": FastFile mode needs FUSE`) {
		t.Errorf("%v", err)
	}
	for _, dir := range []string{data(w.ml, "train"), filepath.Join(w.home, "feed")} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
	}
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
	t.Skip("NOT TESTED: a server that is a plain user, who can reach no directory for temporary files: set TMPDIR to one (mode 1777)")
	return ""
}

// Everything works for a server that is a plain user, FastFile where the system
// has fusermount3 and lets everybody open /dev/fuse.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: other users than this one, as whom the other tests ran: run this as root")
	}
	// A copy, because the test binary is in a directory that is root's alone.
	dir, err := os.MkdirTemp(publicDir(t), "sagebrush-unprivileged")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "channel.test")
	if out, err := exec.Command("cp", "/proc/"+strconv.Itoa(os.Getpid())+"/exe", binary).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v %s", err, out)
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "TestPipeEpochs|TestFilePrefix|TestFast|TestServerKilled|TestProgram|TestWithoutFUSE", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "PASS: TestPipeEpochs") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
