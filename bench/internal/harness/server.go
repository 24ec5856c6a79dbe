package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

// Region and Account are those of every request.
const (
	Region  = "us-east-1"
	Account = "123456789012"
)

// Server is a running server, ours or the peer's.
type Server struct {
	// Addr is host:port.
	Addr  string
	Creds sigv4.Credentials
	// Ready is the time from starting the process to its first answer.
	Ready time.Duration
	PID   int

	bin, dir string
	cmd      *exec.Cmd
	log      *tail
	done     chan struct{}
}

// Binary is the program under test: bin/sagebrush below the working directory,
// or $SAGEBRUSH_BIN.
func Binary() string {
	if b := os.Getenv("SAGEBRUSH_BIN"); b != "" {
		return b
	}
	b, err := filepath.Abs("bin/sagebrush")
	if err != nil {
		return "bin/sagebrush"
	}
	return b
}

// address finds where a server says that it listens.
var address = regexp.MustCompile(`127\.0\.0\.1:(\d+)`)

// Start runs Sagebrush on a free port over dir and waits until it answers.
func Start(ctx context.Context, dir string, args ...string) (*Server, error) {
	s := &Server{bin: Binary(), dir: dir}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dir, "--account-id", Account, "--region", Region}, args...)
	if err := s.run(ctx, exec.Command(s.bin, args...), "/healthz"); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.bin, err)
	}
	profiles, err := identity.ReadProfiles(datadir.Dir(dir).Credentials())
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	key := profiles["default"]
	s.Creds = sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}
	return s, nil
}

// StartMoto runs the peer, moto's server, from the environment that bench/run made.
func StartMoto(ctx context.Context) (*Server, error) {
	bin := os.Getenv("MOTO_SERVER")
	if bin == "" {
		bin = "bench/.venv/bin/moto_server"
	}
	s := &Server{bin: bin, Creds: sigv4.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}}
	cmd := exec.Command(bin, "-H", "127.0.0.1", "-p", "0")
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "MOTO_ACCOUNT_ID="+Account)
	return s, s.run(ctx, cmd, "/moto-api/data.json")
}

// StartOther runs another program, which is to listen at addr, and waits until it
// answers GET path.
func StartOther(ctx context.Context, cmd *exec.Cmd, addr, path string) (*Server, error) {
	s := &Server{bin: cmd.Path, Addr: addr}
	if err := s.run(ctx, cmd, path); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return s, nil
}

// run starts the process, learns its address from what it prints, and asks path
// until it answers.
func (s *Server) run(ctx context.Context, cmd *exec.Cmd, path string) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.log = &tail{}
	errs, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.PID, s.done = cmd, cmd.Process.Pid, make(chan struct{})
	found := make(chan string, 2)
	var readers sync.WaitGroup
	for _, r := range []io.Reader{out, errs} {
		readers.Go(func() {
			said := false
			lines := bufio.NewReader(r)
			for {
				line, err := lines.ReadString('\n')
				s.log.add(line)
				if m := address.FindString(line); m != "" && !strings.HasSuffix(m, ":0") && !said {
					said = true
					found <- m
				}
				if err != nil {
					return
				}
			}
		})
	}
	go func() { readers.Wait(); _ = cmd.Wait(); close(s.done) }()
	if s.Addr == "" {
		select {
		case s.Addr = <-found:
		case <-s.done:
			return fmt.Errorf("it ended: %s", s.log)
		case <-time.After(60 * time.Second):
			return errors.Join(fmt.Errorf("it did not say where it listens: %s", s.log), s.Stop())
		}
	}
	for ctx.Err() == nil {
		resp, err := http.Get("http://" + s.Addr + path)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil && resp.StatusCode < 300 {
			s.Ready = time.Since(begun)
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("it ended: %s", s.log)
		case <-time.After(time.Millisecond):
		}
	}
	return ctx.Err()
}

// Stop ends the process with SIGTERM, and SIGKILL after half a minute.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil // it has ended
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("%s did not end on SIGTERM: %s", s.bin, s.log)
	}
}

// RSS is the resident memory of the process in bytes.
func (s *Server) RSS() (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kb, err := strconv.ParseInt(strings.Fields(string(rest))[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// AddImage registers a folder with one train program under uri.
func (s *Server) AddImage(uri, train string) error {
	// Beside the data directory: programs find that empty.
	dir := filepath.Join(s.dir+"-images", regexp.MustCompile(`\W`).ReplaceAllString(uri, "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "train"), []byte(train), 0o755); err != nil {
		return err
	}
	if out, err := exec.Command(s.bin, "image", "add", uri, dir, "--data-dir", s.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("image add: %w: %s", err, out)
	}
	return nil
}

// tail keeps the end of what a process printed, for error messages.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines = append(t.lines, line); len(t.lines) > 30 {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "")
}

// RemoveAll removes a data directory once the programs that were started in it
// have ended, for which their supervisors get ten seconds.
func RemoveAll(dir string) {
	for range 100 {
		if !inUse(dir) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// inUse says whether the command line of a process names something in dir.
func inUse(dir string) bool {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range found {
		if text, err := os.ReadFile(p); err == nil && bytes.Contains(text, []byte(dir+"/")) {
			return true
		}
	}
	return false
}
