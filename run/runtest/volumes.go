package runtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// mountsWritable: CreateTrainingJob CheckpointConfig, a directory of the machine
// appears beneath /opt/ml, and what the program writes there is in it.
func mountsWritable(b *bench) {
	s := b.spec("x", `cat "$SAGEMAKER_BASE_DIR/checkpoints/old"; echo new >"$SAGEMAKER_BASE_DIR/checkpoints/new"; cat "$SAGEMAKER_BASE_DIR/input/deep/in"`)
	s.Mounts = []run.Mount{
		{Source: b.directory("checkpoints", "old"), Target: "/opt/ml/checkpoints"},
		{Source: b.directory("deep", "in"), Target: "/opt/ml/input/deep"},
	}
	os.MkdirAll(filepath.Join(s.OptML, "checkpoints"), 0o755)
	os.MkdirAll(filepath.Join(s.OptML, "input/deep"), 0o755)
	p := b.start(s)
	if e := b.wait(p); !e.OK() || !slices.Equal(b.lines(s), []string{"old", "in"}) {
		b.Errorf("%+v, it said %q", e, b.lines(s))
	}
	if got, err := os.ReadFile(filepath.Join(s.Mounts[0].Source, "new")); string(got) != "new\n" {
		b.Errorf("the source has %q, %v", got, err)
	}
	if err := b.Runner.Remove(b.ctx, p.Handle()); err != nil {
		b.Error(err)
	}
	if left, err := os.ReadDir(filepath.Join(s.OptML, "checkpoints")); err != nil || len(left) > 0 {
		b.Errorf("OptML/checkpoints is not as it was: %v, %v", left, err)
	}
	if got, err := os.ReadFile(filepath.Join(s.Mounts[0].Source, "old")); string(got) != "old\n" {
		b.Errorf("the source has %q, %v", got, err)
	}
}

// mountsReadOnly: the program cannot write what is read-only, and where that
// cannot be enforced it is not started.
func mountsReadOnly(b *bench) {
	s := b.spec("x", `cd "$SAGEMAKER_BASE_DIR/input/data"; cat in; { echo x >new; } 2>/dev/null && echo written; rm -f in 2>/dev/null; mount -o remount,bind,rw . 2>/dev/null; { echo x >new; } 2>/dev/null && echo written; echo end`)
	s.Mounts = []run.Mount{{Source: b.directory("data", "in"), Target: "/opt/ml/input/data", ReadOnly: true}}
	os.MkdirAll(filepath.Join(s.OptML, "input/data"), 0o755)
	e := b.do(s)
	if !b.can.ReadOnlyMounts {
		if !strings.HasSuffix(e.Reason, ".") || e.OK() {
			b.Errorf("%+v", e)
		}
	} else if got := b.lines(s); !e.OK() || !slices.Equal(got, []string{"in", "end"}) {
		b.Errorf("%+v, it said %q", e, got)
	}
	if left, err := os.ReadDir(s.Mounts[0].Source); len(left) != 1 {
		b.Errorf("the source has %v, %v", left, err)
	}
}

// mountsImpossible: what cannot be mounted is said in a sentence.
func mountsImpossible(b *bench) {
	there := b.directory("there", "x")
	for name, c := range map[string]struct {
		mount run.Mount
		want  string
	}{
		"no source":       {run.Mount{Source: "/no/such/directory", Target: "/opt/ml/model"}, "/no/such/directory"},
		"source a file":   {run.Mount{Source: filepath.Join(there, "x"), Target: "/opt/ml/model"}, "there/x"},
		"no target":       {run.Mount{Source: there, Target: "/opt/ml/nowhere"}, "/opt/ml/nowhere"},
		"target is link":  {run.Mount{Source: there, Target: "/opt/ml/link/model"}, "/opt/ml/link/model"},
		"target is above": {run.Mount{Source: there, Target: "/opt/ml/link/../../../etc"}, ""},
	} {
		s := b.spec(strings.ReplaceAll(name, " ", "-"), "exit 0")
		s.Mounts = []run.Mount{c.mount}
		os.MkdirAll(filepath.Join(s.OptML, "model"), 0o755)
		os.MkdirAll(filepath.Join(there, "model"), 0o755) // and must stay
		os.Symlink(there, filepath.Join(s.OptML, "link"))
		if c.want == "" {
			if _, err := b.Runner.Start(b.ctx, s); err == nil {
				b.Errorf("%s: no error", name)
			}
			continue
		}
		if e := b.do(s); !strings.Contains(e.Reason, c.want) || !strings.HasSuffix(e.Reason, ".") || e.OK() {
			b.Errorf("%s: %+v", name, e)
		}
	}
	if st, err := os.Lstat(filepath.Join(there, "model")); err != nil || !st.IsDir() {
		b.Errorf("a directory elsewhere was replaced: %v, %v", st, err)
	}
}

// directory is one with a file that holds its own name.
func (b *bench) directory(name, file string) string {
	b.Helper()
	dir := filepath.Join(b.dir, "sources", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(file+"\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	return dir
}

// usageNow: TrainContainer-12 (instance metrics), what a running program uses can
// be asked; CPU time grows and covers children that have ended.
func usageNow(b *bench) {
	s := b.spec("x", "x=$(head -c 20000000 /dev/zero | tr '\\0' x); sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; echo up; sleep 1000; echo $x", "FAKE_LOG=up", "FAKE_SLEEP=1000")
	p := b.start(s)
	b.until(s, "up")
	again, err := b.Again().Attach(b.ctx, p.Handle())
	if err != nil {
		b.Fatal(err)
	}
	before := time.Now()
	u, err := again.Usage(b.ctx)
	if err != nil || u.CPUTime <= 0 || u.CPUTime > time.Minute || u.At.Before(before) {
		b.Errorf("%+v, %v", u, err)
	}
	if b.can.Commands && (u.CPUTime < 30*time.Millisecond || u.MemoryBytes < 15<<20 || u.MemoryBytes > 1<<30) {
		b.Errorf("%+v", u)
	}
	later, err := p.Usage(b.ctx)
	if err != nil || later.CPUTime < u.CPUTime {
		b.Errorf("%+v after %+v, %v", later, u, err)
	}
	p.Stop(b.ctx, 0)
	b.wait(p)
	if u, err := p.Usage(b.ctx); err == nil {
		b.Errorf("usage after the end: %+v", u)
	}
}

// diskFull: ResourceConfig.VolumeSizeInGB, a program that keeps more than the
// limit is ended, what was there before it counted.
func diskFull(b *bench) {
	if b.can.Commands && !b.can.Disk {
		b.Skip("NOT TESTED: limits of the space on disk, which this runner does not have: those of run/process and run/docker test it")
	}
	s := b.spec("x", `cd "$SAGEMAKER_BASE_DIR"; mkdir -p a/b; head -c 3000000 /dev/zero | tr '\0' x >a/b/big; echo up; sleep 1000`, "FAKE_DISK_FULL=1")
	os.WriteFile(filepath.Join(s.OptML, "input"), make([]byte, 3_000_000), 0o644)
	s.Limits.DiskBytes = 5_000_000
	if e := b.do(s); !e.DiskFull || e.OK() || e.OOMKilled {
		b.Errorf("%+v", e)
	}
	// Names of one file, and what others have mounted there, count once or not.
	s = b.spec("y", `cd "$SAGEMAKER_BASE_DIR"; ln input again; ln input and-again; ln -s /usr usr; sleep 1; exit 3`, "FAKE_EXIT_CODE=3")
	os.WriteFile(filepath.Join(s.OptML, "input"), make([]byte, 3_000_000), 0o644)
	s.Limits.DiskBytes = 5_000_000
	if e := b.do(s); e.DiskFull || e.Code != 3 {
		b.Errorf("%+v", e)
	}
}
