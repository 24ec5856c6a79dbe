//go:build linux

package docker_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// TestWhatRuns: TrainContainer-1, what `docker run` would execute.
func TestWhatRuns(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	for name, c := range map[string]struct {
		image         string
		command, args []string
		want          string // a line, or in parentheses a piece of the reason
	}{
		"entry point and its command":    {entry, nil, nil, "entry cmd"},
		"entry point with arguments":     {entry, nil, []string{"train"}, "entry train"},
		"command replaces both":          {entry, []string{"pwd"}, nil, "/tmp"},
		"arguments as the command":       {nothing, nil, []string{"echo", "train"}, "train"},
		"nothing at all":                 {nothing, nil, nil, "(has no entry point)"},
		"an image that is not there":     {"sagebrush-test/none:1", nil, []string{"train"}, "(sagebrush-test/none:1 is not on this machine)"},
		"a name that no image has":       {"NOT//AN_IMAGE", nil, []string{"train"}, "(.)"},
		"a user that the image lacks":    {stranger, []string{"echo", "x"}, nil, "(nobody-here)"},
		"a program that is not there":    {nothing, nil, []string{"train"}, `("train" was not found in the PATH)`},
		"environment of the image":       {busybox, []string{"sh", "-c", "echo $FROM_IMAGE $SAGEMAKER_BASE_DIR"}, nil, "yes /opt/ml"},
		"as the image's user":            {userapp, []string{"sh", "-c", "echo $(id -u) $(id -g) $(id -G) $HOME $(pwd)"}, nil, "1234 1234 1234 77 /home/app /home/app"},
		"user's hold on standard error":  {userapp, []string{"sh", "-c", "echo x >/dev/stderr"}, nil, "x"},
		"user's files":                   {userapp, []string{"sh", "-c", "echo x >/opt/ml/model/file && cat /opt/ml/model/file"}, nil, "x"},
		"user's reach":                   {userapp, []string{"sh", "-c", "ls /.sagebrush/run 2>/dev/null || echo x 2>/dev/null >/.sagebrush/log || echo no"}, nil, "no"},
		"shared memory":                  {busybox, []string{"sh", "-c", "df -m /dev/shm | awk 'END { print $2 }'"}, nil, "128"},
		"no zombie is left to process 1": {busybox, []string{"sh", "-c", "(true &); sleep 0.2; ps -o stat | grep -c '^Z'; true"}, nil, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := script(t, t.Name(), "")
			s.Image, s.Command, s.Args = c.image, c.command, c.args
			s.Limits.MemoryBytes = 256 << 20
			if err := os.Mkdir(filepath.Join(s.OptML, "model"), 0o755); err != nil {
				t.Fatal(err)
			}
			e := wait(t, start(t, r, s))
			if piece, ok := strings.CutPrefix(c.want, "("); ok {
				if !strings.Contains(e.Reason, strings.TrimSuffix(piece, ")")) || !strings.HasSuffix(e.Reason, ".") || e.Code == 0 || e.OK() {
					t.Errorf("%+v", e)
				}
				return
			}
			if got := messages(t, s); !slices.Equal(got, []string{c.want}) || !e.OK() {
				t.Errorf("got %q, %+v", got, e)
			}
		})
	}
}

// TestReserved: TrainContainer-2, /opt/ml is the job's: what the image has there
// is hidden.
func TestReserved(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "ls -A /opt/ml; ls -A /opt/ml/model; cat /opt/ml/model/baked")
	if err := os.Mkdir(filepath.Join(s.OptML, "model"), 0o755); err != nil {
		t.Fatal(err)
	}
	touch(t, s.OptML+"/model/given")
	if e := wait(t, start(t, r, s)); e.Code != 1 {
		t.Errorf("the image's file was read: %+v", e)
	}
	want := []string{"model", "given", "cat: can't open '/opt/ml/model/baked': No such file or directory"}
	if got := messages(t, s); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMounts: further directories appear beneath /opt/ml, and read only ones are.
func TestMounts(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	in, out := t.TempDir(), t.TempDir()
	touch(t, in+"/data")
	s := script(t, t.Name(), "ls /opt/ml/input/data/train; echo x >/opt/ml/checkpoints/c; { echo x >/opt/ml/input/data/train/new; } 2>/dev/null || echo read only")
	s.Mounts = []run.Mount{{Source: in, Target: "/opt/ml/input/data/train", ReadOnly: true}, {Source: out, Target: "/opt/ml/checkpoints"}}
	for _, m := range s.Mounts {
		if err := os.MkdirAll(filepath.Join(s.OptML, strings.TrimPrefix(m.Target, "/opt/ml")), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if e := wait(t, start(t, r, s)); !e.OK() {
		t.Errorf("%+v", e)
	}
	if got := messages(t, s); !slices.Equal(got, []string{"data", "read only"}) || !exists(out+"/c") {
		t.Errorf("got %q", got)
	}
}

// TestPartKilledForMemory: when the kernel kills a part of a program for memory,
// the whole program ends, and says so.
func TestPartKilledForMemory(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "tail /dev/zero; echo a part is gone; exec sleep 1000")
	s.Limits.MemoryBytes = 64 << 20
	if e := wait(t, start(t, r, s)); !e.OOMKilled || e.OK() || e.MaxMemoryBytes < 32<<20 {
		t.Errorf("%+v", e)
	}
}

// TestFullHouse: a program that takes all the processes it may have does not take
// the first process down with it.
func TestFullHouse(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "trap 'exit 6' TERM; sleep 1000 & stay=$!; (while :; do sleep 1000 & done) 2>/dev/null; sleep 1000 & echo full; wait $stay")
	s.Limits = run.Limits{Processes: 40, MemoryBytes: 256 << 20}
	p := start(t, r, s)
	await(t, "a full house", func() bool { return len(messages(t, s)) == 1 })
	if err := p.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, p); e.Code != 6 {
		t.Errorf("%+v", e)
	}
}

// TestUsage: what a program uses while it runs, and that it has ended.
func TestUsage(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "x=$(head -c 20000000 /dev/zero | tr '\\0' x); echo up; while [ ! -e /opt/ml/end ]; do :; done")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	first, err := p.Usage(t.Context())
	if err != nil || first.MemoryBytes < 20_000_000 || first.At.IsZero() {
		t.Errorf("%+v, %v", first, err)
	}
	await(t, "more", func() bool {
		u, err := p.Usage(t.Context())
		return err == nil && u.CPUTime > first.CPUTime && u.At.After(first.At)
	})
	touch(t, s.OptML+"/end")
	wait(t, p)
	if u, err := p.Usage(t.Context()); err == nil {
		t.Errorf("after the end: %+v", u)
	}
}

// TestForgery: a program, be it root, cannot write its own end, nor lead the
// server out of the directory that they share.
func TestForgery(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	for name, forge := range map[string]string{
		"record": `printf '{"Secret":"","Exit":{"Code":0}}' >exit.json`,
		"link":   `ln -s /etc/passwd exit.json`,
		"pipe":   `mkfifo exit.json; mkfifo exit.json.tmp`,
		"folder": `mkdir -p exit.json/x exit.json.tmp/x`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := script(t, t.Name(), "cd /.sagebrush/run; cat plan.json 2>/dev/null; { cat /proc/1/mem || strings /proc/1/environ; } 2>/dev/null; "+forge+"; echo forged; until [ -e /opt/ml/end ]; do sleep 0.02; done; exit 3")
			p := start(t, r, s)
			await(t, "the forgery", func() bool { return len(messages(t, s)) == 1 })
			ended := make(chan run.Exit, 1)
			go func() {
				e, _ := p.Wait(t.Context())
				ended <- e
			}()
			touch(t, s.OptML+"/end")
			if e := <-ended; e.Code != 3 {
				t.Errorf("%+v", e)
			}
			if err := r.Remove(t.Context(), p.Handle()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStopEvaded: a program that takes the way to its first process away is
// stopped all the same.
func TestStopEvaded(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir())
	s := script(t, t.Name(), "rm /.sagebrush/run/sock; trap '' TERM; echo up; while :; do sleep 0.01; done")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	if err := p.Stop(t.Context(), 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, p); e.Signal != "SIGKILL" {
		t.Errorf("%+v", e)
	}
}

// TestClean: a new server keeps what it needs and removes the rest, networks too,
// and nothing of another server's.
func TestClean(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, other := newRunner(t, dir), newRunner(t, t.TempDir())
	begin := func(r run.Runner, id string) (run.Spec, run.Process) {
		s := script(t, t.Name()+"/"+id, "echo up; sleep 1000")
		s.Network = run.Network{ID: s.ID, Hosts: []string{"algo-1"}}
		p := start(t, r, s)
		await(t, "up", func() bool { return len(messages(t, s)) == 1 })
		return s, p
	}
	kept, pk := begin(r, "kept")
	_, left := begin(r, "left")
	_, theirs := begin(other, "left") // the same ID
	if networks(t, r) != 2 {
		t.Errorf("%d networks", networks(t, r))
	}
	again := newRunner(t, dir)
	if err := again.Clean(t.Context(), func(id string) bool { return id == kept.ID }); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Attach(t.Context(), left.Handle()); err == nil {
		t.Error("what nobody needs is there")
	}
	for _, p := range []run.Process{pk, theirs} {
		if _, err := p.Usage(t.Context()); err != nil {
			t.Errorf("what somebody needs is gone: %v", err)
		}
	}
	if networks(t, r) != 1 || networks(t, other) != 1 {
		t.Errorf("%d and %d networks", networks(t, r), networks(t, other))
	}
}
