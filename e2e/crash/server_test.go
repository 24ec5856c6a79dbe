package crash

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

const (
	account = "123456789012"
	region  = "us-east-1"
)

// server is a server that can be killed and started again. Its client waits for
// it while it is away.
type server struct {
	bin, dir, database string
	log                *os.File

	mu    sync.Mutex
	addr  string
	cmd   *exec.Cmd
	creds sigv4.Credentials
	kills int
}

// binary builds the server, once for all tests of the process.
var binary = sync.OnceValues(func() (string, error) {
	if b := os.Getenv("SAGEBRUSH_BIN"); b != "" {
		return filepath.Abs(b)
	}
	dir, err := os.MkdirTemp("", "sagebrush-crash-bin-")
	if err != nil {
		return "", err
	}
	b := filepath.Join(dir, "sagebrush")
	if out, err := exec.Command("go", "build", "-o", b, "github.com/sagebrush/sagebrush/cmd/sagebrush").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return b, nil
})

// TestMain removes the binary that was built.
func TestMain(m *testing.M) {
	code := m.Run()
	if b, err := binary(); err == nil && os.Getenv("SAGEBRUSH_BIN") == "" {
		_ = os.RemoveAll(filepath.Dir(b))
	}
	os.Exit(code)
}

// newServer makes a server that is not running yet.
func newServer(t *testing.T, dir, database string) *server {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{bin: bin, dir: filepath.Join(dir, "data"), database: database, log: log}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the end of the server's log:\n%s", text[max(0, len(text)-8000):])
		}
		_ = log.Close()
	})
	return s
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// command is the server's command line.
func (s *server) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.bin, "serve", "--listen", "127.0.0.1:0", "--data-dir", s.dir,
		"--database", s.database, "--account-id", account, "--region", region)
	cmd.Stderr = s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// startAndKill runs the server for a moment, which may be too short for it to
// become ready.
func (s *server) startAndKill(after time.Duration) error {
	cmd := s.command(context.Background())
	if err := cmd.Start(); err != nil {
		return err
	}
	time.Sleep(after)
	s.kills++
	err := cmd.Process.Kill()
	_ = cmd.Wait()
	return err
}

// start runs the server and waits until it says that it is ready.
func (s *server) start(ctx context.Context) error {
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
			return fmt.Errorf("the server ended before it was ready, see its log")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	profiles, err := identity.ReadProfiles(datadir.Dir(s.dir).Credentials())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr, s.cmd = addr, cmd
	key := profiles["default"]
	s.creds = sigv4.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}
	return err
}

// kill ends the server at once, and only it: the programs of jobs live on.
func (s *server) kill() {
	s.mu.Lock()
	cmd := s.cmd
	s.cmd = nil
	s.kills++
	s.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// refusal is an answer with a status of 300 and more.
type refusal struct {
	status int
	Type   string `json:"__type"`
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d: %s", r.status, r.text) }

// do sends a request made by build until the server answers it.
func (s *server) do(ctx context.Context, service string, build func(base string) (*http.Request, []byte, error)) ([]byte, error) {
	for {
		s.mu.Lock()
		addr, creds := s.addr, s.creds
		s.mu.Unlock()
		r, payload, err := build("http://" + addr)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(payload)
		sigv4.Sign(r, creds, service, region, hex.EncodeToString(sum[:]), time.Now())
		body, status, err := send(r.WithContext(ctx))
		switch {
		case ctx.Err() != nil:
			return nil, errors.Join(ctx.Err(), err)
		case err == nil && status < 300:
			return body, nil
		case err == nil && status < 500:
			refused := &refusal{status: status, text: string(body)}
			_ = json.Unmarshal(body, refused)
			return nil, refused
		}
		// It is being killed or started: an SDK would try again, too.
		time.Sleep(20 * time.Millisecond)
	}
}

func send(r *http.Request) (body []byte, status int, err error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}

// call is a JSON 1.1 operation.
func (s *server) call(ctx context.Context, service, target string, in, out any) error {
	payload, err := json.Marshal(in)
	if err != nil {
		return err
	}
	body, err := s.do(ctx, service, func(base string) (*http.Request, []byte, error) {
		r, err := http.NewRequest(http.MethodPost, base+"/", bytes.NewReader(payload))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", target)
		}
		return r, payload, err
	})
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(body, out)
}

// s3 is an S3 request without a body.
func (s *server) s3(ctx context.Context, method, path string) ([]byte, error) {
	return s.do(ctx, "s3", func(base string) (*http.Request, []byte, error) {
		r, err := http.NewRequest(method, base+path, nil)
		return r, nil, err
	})
}
