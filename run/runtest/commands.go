package runtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/logstream"
)

func environment(b *bench) {
	s := b.spec("x", "env | sort; cat /proc/self/limits | grep core; readlink /proc/self/fd/0")
	s.Env = map[string]string{"PATH": os.Getenv("PATH"), "A": "1", "B": "two words, ünïcode", "EMPTY": ""}
	b.do(s)
	got := strings.Join(b.lines(s), "\n")
	for _, want := range []string{"A=1\n", "B=two words, ünïcode\n", "EMPTY=\n", "SAGEMAKER_BASE_DIR=/", "/dev/null"} {
		if !strings.Contains(got, want) {
			b.Errorf("no %q in %s", want, got)
		}
	}
	for _, v := range os.Environ() {
		k, _, _ := strings.Cut(v, "=")
		if _, ours := s.Env[k]; !ours && !slices.Contains(b.can.Sets, k) && k != "PWD" && k != "SHLVL" && k != "_" && strings.Contains("\n"+got, "\n"+k+"=") {
			b.Errorf("%s is inherited from the server", k)
		}
	}
	if f := strings.Fields(b.lines(s)[slices.IndexFunc(b.lines(s), func(l string) bool { return strings.HasPrefix(l, "Max core") })]); f[4] != "0" {
		b.Errorf("core files are on: %q", f)
	}
}

func workingDirectory(b *bench) {
	s := b.spec("x", `pwd -P; echo "$SAGEMAKER_BASE_DIR"`)
	b.do(s)
	if l := b.lines(s); len(l) != 2 || l[0] != l[1] && !b.can.Containers {
		b.Errorf("default: %q", l)
	}
	s = b.spec("y", `pwd -P; echo "$SAGEMAKER_BASE_DIR/code"`)
	s.Dir = filepath.Join(s.OptML, "code")
	os.Mkdir(s.Dir, 0o755)
	os.WriteFile(filepath.Join(s.Dir, "go.sh"), []byte("#!/bin/sh\nexec sh -c \"$1\"\n"), 0o755)
	s.Command = []string{"./go.sh", s.Command[2]}
	b.do(s)
	if l := b.lines(s); len(l) != 2 || l[0] != l[1] {
		b.Errorf("beneath OptML: %q", l)
	}
	s = b.spec("z", "pwd")
	s.Dir = "/no/such/place"
	if e := b.do(s); !strings.Contains(e.Reason, "/no/such/place") {
		b.Errorf("missing: %+v", e)
	}
}

func notExecutable(b *bench) {
	for name, want := range map[string]struct {
		command, reason string
		code            int
	}{
		"missing":     {"/no/such/file", "does not exist", 127},
		"nowhere":     {"no-such-command", "was not found in the PATH", 127},
		"directory":   {"@", "is a directory", 126},
		"data":        {"@/data", "is not executable", 126},
		"no line":     {"@/noline", "#!/bin/sh", 126},
		"interpreter": {"@/nointerpreter", "interpreter", 127},
	} {
		s := b.spec(name, "")
		os.WriteFile(filepath.Join(s.OptML, "data"), []byte("x"), 0o644)
		os.WriteFile(filepath.Join(s.OptML, "noline"), []byte("echo hello\n"), 0o755)
		os.WriteFile(filepath.Join(s.OptML, "nointerpreter"), []byte("#!/no/such/thing\n"), 0o755)
		dir := s.OptML
		if b.can.OptML {
			dir = "/opt/ml"
		}
		s.Command = []string{strings.Replace(want.command, "@", dir, 1)}
		if e := b.do(s); !strings.Contains(e.Reason, want.reason) || e.Code != want.code {
			b.Errorf("%s: %+v", name, e)
		}
	}
}

// marker is a number of seconds that no other test sleeps, so that processes can
// be told by it.
func marker() string { return fmt.Sprintf("%d", 1_000_000+rand.IntN(1_000_000_000)) }

// gone checks that no process of this machine has the marker in its command line.
func (b *bench) gone(marker string) {
	b.Helper()
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range all {
		if line, _ := os.ReadFile(file); bytes.Contains(line, []byte(marker)) {
			b.Errorf("a process lives on: %s %q", file, line)
		}
	}
}

// daemons: whatever a program leaves behind dies with it, also what took a
// session of its own and was orphaned.
func daemons(b *bench) {
	mark := marker()
	s := b.spec("x", strings.ReplaceAll("sleep MARK & setsid sh -c 'trap \"\" TERM HUP; (sleep MARK & ); echo up; while :; do sleep 1; done' & sleep 0.3; exit 2", "MARK", mark))
	if e := b.do(s); e.Code != 2 {
		b.Errorf("%+v", e)
	}
	if l := b.lines(s); len(l) != 1 {
		b.Fatalf("%q", l)
	}
	b.gone(mark)
}

func daemonsOfStopped(b *bench) {
	mark := marker()
	s := b.spec("x", "setsid sh -c 'trap \"\" TERM; : "+mark+"; while :; do sleep 1; done' & sleep 0.2; echo up; wait")
	p := b.start(s)
	b.until(s, "up")
	p.Stop(b.ctx, 100*time.Millisecond)
	b.wait(p)
	b.gone(mark)
}

// oddOutput: invalid UTF-8, NUL, progress bars, a line of 10 MB.
func oddOutput(b *bench) {
	s := b.spec("x", `printf 'bad \377 byte\nnul \000 here\r\n10%%\r20%%\r30%%\n'; head -c 10485760 /dev/zero | tr '\0' x; printf '\nend\n'`)
	b.do(s)
	l := b.lines(s)
	if len(l) < 6 || !slices.Equal(l[:2], []string{"bad \uFFFD byte", "nul \uFFFD here"}) || l[len(l)-1] != "end" {
		b.Fatalf("%d lines, first %.100q", len(l), l)
	}
	if !slices.Contains(l, "30%") {
		b.Errorf("the end of the progress bar is lost: %.100q", l)
	}
	long := strings.Join(l[slices.Index(l, "30%")+1:len(l)-1], "")
	if long != strings.Repeat("x", 10<<20) || !utf8.ValidString(long) {
		b.Errorf("the long line has %d bytes", len(long))
	}
}

// outputOrder: lines of each pipe keep their order, and both their order of
// arrival; times never decrease.
func outputOrder(b *bench) {
	s := b.spec("x", "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; sleep 0.05; echo err >&2; sleep 0.05; echo last")
	b.do(s)
	l := b.lines(s)
	if len(l) != 2002 || l[2000] != "err" || l[2001] != "last" {
		b.Fatalf("%d lines, the last %q", len(l), l[max(0, len(l)-3):])
	}
	for i, line := range l[:2000] {
		if line != strconv.Itoa(i) {
			b.Fatalf("line %d is %q", i, line)
		}
	}
	events, _ := logstream.Read(s.Log, 0, 0, 1<<30)
	if !slices.IsSortedFunc(events, func(a, c logstream.Event) int { return a.Time.Compare(c.Time) }) {
		b.Error("times decrease")
	}
}

func usage(b *bench) {
	s := b.spec("x", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
	if e := b.do(s); e.CPUTime <= 0 || e.MaxMemoryBytes < 100<<10 || e.CPUTime > time.Minute {
		b.Errorf("%+v", e)
	}
}

// seesOptML: TrainContainer-2, the program has an /opt/ml of its own, two at
// the same time do not meet, and the host's directories stay as they are.
func seesOptML(b *bench) {
	if !b.can.OptML {
		b.Skip("NOT TESTED: /opt/ml in a program's own place, which takes private mounts: be root with CAP_SYS_ADMIN, or allow unprivileged user namespaces")
	}
	before, _ := os.ReadDir("/opt")
	script := `echo "$0" >/opt/ml/who; sleep 0.2; cat /opt/ml/who; echo "$SAGEMAKER_BASE_DIR"; hostname; grep -c "algo-1" /etc/hosts; ls /opt | grep -v '^ml$' | wc -l`
	x, y := b.spec("x", script), b.spec("y", script)
	x.Command, y.Command = append(x.Command, "x"), append(y.Command, "y")
	px, py := b.start(x), b.start(y)
	b.wait(px)
	b.wait(py)
	others := 0
	for _, e := range before {
		if e.Name() != "ml" && !b.can.Containers {
			others++
		}
	}
	for who, l := range map[string][]string{"x": b.lines(x), "y": b.lines(y)} {
		if !slices.Equal(l, []string{who, "/opt/ml", "algo-1", "1", fmt.Sprint(others)}) {
			b.Errorf("%s sees %q", who, l)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(y.OptML, "who")); string(got) != "y\n" {
		b.Errorf("OptML has %q", got)
	}
	if after, _ := os.ReadDir("/opt"); len(after) != len(before) {
		b.Errorf("/opt of the host changed: %v", after)
	}
}

func cpus(b *bench) {
	if !b.can.CPUs {
		b.Skip("NOT TESTED: limits of processors, which this runner or user does not have: be root, with cgroups at /sys/fs/cgroup")
	}
	s := b.spec("x", "(while :; do :; done) & (while :; do :; done) & sleep 1.5")
	s.Limits.CPUs = 0.5
	e := b.do(s)
	if share := e.CPUTime.Seconds() / e.EndedAt.Sub(e.StartedAt).Seconds(); share > 0.75 {
		b.Errorf("used %.2f processors", share)
	}
}

func processes(b *bench) {
	if !b.can.Processes {
		b.Skip("NOT TESTED: limits of the number of processes, which this runner or user does not have: be root, with cgroups at /sys/fs/cgroup")
	}
	s := b.spec("x", "i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i+1)); done; echo all")
	s.Limits.Processes = 8
	b.do(s)
	if got := strings.Join(b.lines(s), "\n"); strings.Contains(got, "all") || !strings.Contains(got, "ork") {
		b.Errorf("%s", got)
	}
}

// coreFiles: a program that a signal ends leaves one where it is asked to and can.
func coreFiles(b *bench) {
	s := b.spec("x", "kill -ABRT $$")
	s.Limits.CoreBytes = 1 << 30
	b.do(s)
	prefix := b.Runner.Traits().Cores
	entries, err := os.ReadDir(s.OptML)
	if err != nil {
		b.Fatal(err)
	}
	found := false
	for _, e := range entries {
		found = found || prefix != "" && e.Type().IsRegular() && strings.HasPrefix(e.Name(), prefix)
	}
	if found != (prefix != "") {
		b.Errorf("names begin with %q, and there are %v", prefix, entries)
	}
}
