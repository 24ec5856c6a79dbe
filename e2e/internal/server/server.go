package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

// The account and the region that servers are started with.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// Options of New; the zero value is a server of its own on SQLite.
type Options struct {
	// Dir is the data directory, "" for one of its own.
	Dir string
	// Database is --database, "" for the embedded one.
	Database string
	// Args are further arguments of serve, Env further variables.
	Args, Env []string
	// Prefix is a command that executes the server in its own place, and may give
	// it mounts of its own.
	Prefix []string
}

// Server is a server that can be killed and started again.
type Server struct {
	// Dir is its data directory.
	Dir     string
	options Options
	bin     string
	log     *os.File

	mu    sync.Mutex
	addr  string
	cmd   *exec.Cmd
	creds sigv4.Credentials
	kills int
}

// New makes a server that is not running yet. When the test ends it is killed,
// and the end of its log shown if the test failed.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if o.Dir == "" {
		o.Dir = filepath.Join(Directory(t), "data")
	}
	if o.Database == "" {
		o.Database = "sqlite"
	}
	log, err := os.CreateTemp(t.TempDir(), "server-*.log")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Dir: o.Dir, options: o, bin: bin, log: log}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			text := s.Log()
			t.Logf("the end of the server's log:\n%s", text[max(0, len(text)-8000):])
		}
		_ = log.Close()
	})
	return s
}

// Log is what the server has logged so far.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// command is the server's command line.
func (s *Server) command(ctx context.Context) *exec.Cmd {
	argv := append(append([]string{}, s.options.Prefix...), s.bin, "serve", "--listen", "127.0.0.1:0", "--data-dir", s.Dir,
		"--database", s.options.Database, "--account-id", Account, "--region", Region)
	argv = append(argv, s.options.Args...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), s.options.Env...)
	cmd.Stderr = s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// Start runs the server and waits until it says that it is ready.
func (s *Server) Start(ctx context.Context) error {
	cmd := s.command(ctx)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(out)
	addr := ""
	for addr == "" {
		line, err := lines.ReadString('\n')
		if addr = address.FindString(line); addr == "" && err != nil {
			_ = cmd.Wait()
			return errors.New("the server ended before it was ready, see its log")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	path := datadir.Dir(s.Dir).Credentials()
	if s.options.Prefix != nil {
		path = fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, path)
	}
	profiles, err := identity.ReadProfiles(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr, s.cmd = addr, cmd
	key := profiles["default"]
	s.creds = sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}
	return err
}

// StartAndKill runs the server for a moment, which may be too short for it to
// become ready.
func (s *Server) StartAndKill(after time.Duration) error {
	cmd := s.command(context.Background())
	if err := cmd.Start(); err != nil {
		return err
	}
	time.Sleep(after)
	s.mu.Lock()
	s.kills++
	s.mu.Unlock()
	err := cmd.Process.Kill()
	_ = cmd.Wait()
	return err
}

// take answers the running process, which is the caller's to end then.
func (s *Server) take() *exec.Cmd {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := s.cmd
	s.cmd = nil
	return cmd
}

// Kill ends the server at once (SIGKILL), and only it: the programs of jobs live
// on. Killing one that does not run is fine.
func (s *Server) Kill() {
	if cmd := s.take(); cmd != nil {
		s.mu.Lock()
		s.kills++
		s.mu.Unlock()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// Kills is how often the server has been killed.
func (s *Server) Kills() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kills
}

// Stop ends the server in order (SIGTERM) and answers how it exited.
func (s *Server) Stop() error {
	cmd := s.take()
	if cmd == nil {
		return errors.New("the server is not running")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return cmd.Wait()
}

// Running says whether the server's process is alive.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil && s.cmd.Process.Signal(syscall.Signal(0)) == nil
}

// PID is the server's process id, 0 when it does not run.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Addr is where it listens, host:port.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Command runs another command of the binary on the server's data directory and
// answers what it prints.
func (s *Server) Command(ctx context.Context, args ...string) (string, error) {
	argv := append(append([]string{s.bin}, args...), "--data-dir", s.Dir)
	if s.options.Prefix != nil {
		argv = append([]string{"nsenter", "--mount", "--target", strconv.Itoa(s.PID()), "--"}, argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("sagebrush %q: %w\n%s", args, err, exit.Stderr)
	}
	return string(out), err
}
