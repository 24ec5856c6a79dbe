package channel_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/store"
)

// serve is a server that does nothing but stage the request on its standard
// input, say "staged" or the error, and wait to be killed.
func serve(args []string) int {
	if err := stageFor(args[0], args[1]); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("staged")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

func stageFor(database, home string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	objects, err := dir.New(db, filepath.Join(home, "objects"), nil)
	if err != nil {
		return err
	}
	m, err := channel.New(channel.Config{Objects: objects, Dir: filepath.Join(home, "feed"), Self: self})
	if err != nil {
		return err
	}
	var r channel.Request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return err
	}
	return m.Stage(ctx, r)
}

// stageElsewhere stages in a server process of its own and kills that with SIGKILL
// when the request is staged.
func (w *world) stageElsewhere(r channel.Request) {
	w.Helper()
	w.killWhen(r, func(out io.Reader) {
		lines := bufio.NewScanner(out)
		if !lines.Scan() || lines.Text() != "staged" {
			w.Fatalf("server: %s", lines.Text())
		}
	})
}

// killWhen stages in a server process of its own and kills it when wait returns.
func (w *world) killWhen(r channel.Request, wait func(out io.Reader)) {
	w.Helper()
	cmd := exec.Command("/proc/self/exe", "serve", w.database, w.home)
	in, err := cmd.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	json.NewEncoder(in).Encode(r)
	wait(out)
}

// The server is killed while it stages, at several moments: the next one stages
// the job as if nothing had been.
func TestKilledWhileStaging(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	content := large(4<<20, 1)
	w.put("d/a", content)
	w.put("d/b", "small")
	r := w.request("job", fileChannel("file", "s3://data/d/"), fastChannel("fast", "s3://data/d/"), pipeChannel("pipe", "s3://data/d/"))
	for _, moment := range []string{"ml/input/data/file", "ml/input/data/file/a", "feed/*/pins", "feed/*/spec.json", "feed/*/sock", "ml/input/data/pipe_0"} {
		w.killWhen(r, func(io.Reader) {
			await(t, moment, func() bool {
				found, err := filepath.Glob(filepath.Join(w.home, moment))
				return err != nil || len(found) > 0
			})
		})
		w.stage(r)
		if got := tree(t, data(w.ml, "fast")); got["a"] != content || got["b"] != "small" {
			t.Errorf("%s: the file system has %d files", moment, len(got))
		}
		if got := tree(t, data(w.ml, "file")); got["a"] != content || got["b"] != "small" {
			t.Errorf("%s: %d files", moment, len(got))
		}
		if got := epoch(t, w.ml, "pipe", 0); got != content+"small" {
			t.Errorf("%s: the pipe has %d bytes", moment, len(got))
		}
		if err := w.Release(t.Context(), "job"); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(w.ml); err != nil {
			t.Fatal(err)
		}
	}
	if m := mounts(t, w.home); len(m) > 0 {
		t.Errorf("still mounted: %v", m)
	}
}

// The server is killed with SIGKILL while a pipe and a file system are read: both
// go on, and the next server knows the job, keeps it when it is wanted, and
// clears it when it is not.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	content := large(4<<20, 1)
	w.put("d/a", content)
	w.put("d/b", "small")
	w.stageElsewhere(w.request("job", pipeChannel("pipe", "s3://data/d/"), fastChannel("fast", "s3://data/d/")))
	for n := range 2 {
		if got := epoch(t, w.ml, "pipe", n); got != content+"small" {
			t.Errorf("epoch %d: %d bytes", n, len(got))
		}
	}
	if got := tree(t, data(w.ml, "fast")); got["a"] != content || got["b"] != "small" {
		t.Errorf("the file system has %d files", len(got))
	}
	if err := w.CleanUp(t.Context(), func(id string) bool { return id == "job" }); err != nil {
		t.Fatal(err)
	}
	if got := epoch(t, w.ml, "pipe", 2); got != content+"small" {
		t.Errorf("after a restart: %d bytes", len(got))
	}
	if reason, _, err := w.Failure("job"); reason != "" || err != nil {
		t.Errorf("%q, %v", reason, err)
	}
	if err := w.CleanUp(t.Context(), func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if m := mounts(t, w.home); len(m) > 0 {
		t.Errorf("still mounted: %v", m)
	}
	if left, err := os.ReadDir(filepath.Join(w.home, "feed")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// feederPID is the process that serves a job's feeder directory, the only one.
func (w *world) feederPID() int {
	w.Helper()
	dirs, err := os.ReadDir(filepath.Join(w.home, "feed"))
	if err != nil || len(dirs) != 1 {
		w.Fatalf("%v, %v", dirs, err)
	}
	want := filepath.Join(w.home, "feed", dirs[0].Name())
	procs, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		w.Fatal(err)
	}
	for _, p := range procs {
		line, _ := os.ReadFile(p)
		if words := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00"); len(words) == 3 && words[1] == "feed" && words[2] == want {
			var pid int
			fmt.Sscanf(p, "/proc/%d/", &pid)
			return pid
		}
	}
	w.Fatal("no feeder")
	return 0
}

// A feeder that is killed is noticed, is an internal failure, and leaves nothing
// that Release does not clear.
func TestFeederKilled(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	w.put("d/a", large(4<<20, 1))
	w.stage(w.request("job", pipeChannel("pipe", "s3://data/d/"), fastChannel("fast", "s3://data/d/")))
	p, err := os.FindProcess(w.feederPID())
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	go func() {
		reason, err := w.Await(t.Context(), "job")
		if err != nil {
			reason = err.Error()
		}
		told <- reason
	}()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	const want = "InternalServerError: the process that delivers the channels' data was killed"
	if got := <-told; got != want {
		t.Errorf("Await: %q", got)
	}
	if reason, fatal, err := w.Failure("job"); reason != want || !fatal || err != nil {
		t.Errorf("%q, %v, %v", reason, fatal, err)
	}
	if err := w.Release(t.Context(), "job"); err != nil {
		t.Fatal(err)
	}
	if m := mounts(t, w.home); len(m) > 0 {
		t.Errorf("still mounted: %v", m)
	}
	if left := tree(t, w.ml); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// A feeder whose directory vanished has nobody left and ends by itself.
func TestFeederOrphaned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("d/a", "a")
	w.stage(w.request("job", pipeChannel("pipe", "s3://data/d/")))
	pid := w.feederPID()
	if err := os.RemoveAll(filepath.Join(w.home, "feed")); err != nil {
		t.Fatal(err)
	}
	await(t, "the feeder's end", func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(state), ") Z ")
	})
	if left, err := os.ReadDir(data(w.ml)); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
