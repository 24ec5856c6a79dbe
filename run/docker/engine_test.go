//go:build linux

package docker_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// dockerd is an engine that a test may restart and kill.
type dockerd struct {
	dir string
	api *client.Client
	cmd *exec.Cmd
}

// newEngine makes an engine beside the others, without networks.
func newEngine(t *testing.T) *dockerd {
	t.Helper()
	engine(t)
	if _, err := exec.LookPath("dockerd"); err != nil || os.Geteuid() != 0 {
		t.Skip("NOT TESTED: an engine that restarts, for which root starts one: be root, with dockerd installed (Debian: apt-get install docker.io)")
	}
	dir, err := os.MkdirTemp("/tmp", "sagebrush-engine") // the path of a socket is limited
	if err != nil {
		t.Fatal(err)
	}
	e := &dockerd{dir: dir}
	if e.api, err = client.New(client.WithHost("unix://" + dir + "/sock")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.api.Close()
		e.end(syscall.SIGTERM)
		mounts, _ := os.ReadFile("/proc/self/mounts")
		lines := strings.Split(string(mounts), "\n")
		slices.Reverse(lines)
		for _, l := range lines {
			if f := strings.Fields(l); len(f) > 1 && strings.HasPrefix(f[1], dir+"/") {
				syscall.Unmount(f[1], syscall.MNT_DETACH)
			}
		}
		os.RemoveAll(dir)
	})
	e.start(t)
	if err := makeImages(t.Context(), e.api); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *dockerd) start(t *testing.T) {
	t.Helper()
	// Of one that was killed: whether its process is a zombie depends on who reaps it.
	for _, old := range []string{"pid", "exec/containerd/containerd.pid", "exec/containerd/containerd.sock"} {
		os.Remove(filepath.Join(e.dir, old))
	}
	log, err := os.OpenFile(e.dir+"/log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	e.cmd = exec.Command("dockerd", "--data-root", e.dir+"/data", "--exec-root", e.dir+"/exec", "--pidfile", e.dir+"/pid",
		"-H", "unix://"+e.dir+"/sock", "--bridge", "none", "--iptables=false", "--default-ulimit", "nofile=1024:1024")
	e.cmd.Stdout, e.cmd.Stderr = log, log
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the engine", func() bool {
		_, err := e.api.Ping(t.Context(), client.PingOptions{})
		return err == nil
	})
}

func (e *dockerd) end(sig syscall.Signal) {
	e.cmd.Process.Signal(sig)
	e.cmd.Wait()
}

// TestEngineRestarts: an engine that stops sends its programs SIGTERM, and one
// that was killed kills them when it is back; either is told as it happened, and
// an end while no engine answers is seen all the same.
func TestEngineRestarts(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	r, err := docker.New(t.Context(), docker.Config{Dir: filepath.Join(e.dir, "state"), Init: []string{engine(t).init}, Host: "unix://" + e.dir + "/sock"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	begin := func(id, text string) (run.Spec, run.Process) {
		s := script(t, id, text)
		p := start(t, r, s)
		await(t, "up", func() bool { return len(messages(t, s)) > 0 })
		return s, p
	}
	handled, ph := begin("handled", "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done")
	e.end(syscall.SIGTERM)
	if exit := wait(t, ph); exit.Code != 5 { // no engine answers
		t.Errorf("stopped: %+v", exit)
	}
	if got := messages(t, handled); !slices.Contains(got, "bye") {
		t.Errorf("log %q", got)
	}
	e.start(t)
	ends, pe := begin("ends", "echo up; until [ -e /opt/ml/end ]; do sleep 0.02; done; echo end; exit 6")
	_, pk := begin("killed", "echo up; sleep 1000")
	e.end(syscall.SIGKILL)
	touch(t, ends.OptML+"/end")
	if exit := wait(t, pe); exit.Code != 6 { // no engine answers
		t.Errorf("ended by itself: %+v", exit)
	}
	if got := messages(t, ends); !slices.Equal(got, []string{"up", "end"}) {
		t.Errorf("log %q", got)
	}
	e.start(t)
	if exit := wait(t, pk); exit.Signal != "SIGKILL" && exit.Signal != "SIGTERM" {
		t.Errorf("killed: %+v", exit)
	}
	for _, p := range []run.Process{ph, pe, pk} {
		if err := r.Remove(t.Context(), p.Handle()); err != nil {
			t.Error(err)
		}
	}
}
