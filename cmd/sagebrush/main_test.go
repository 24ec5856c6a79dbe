package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/edge/admin"
)

// asMain makes the test binary behave as sagebrush itself.
const asMain = "SAGEBRUSH_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" || len(os.Args) > 1 && os.Args[1] == "supervise" {
		main()
		return
	}
	os.Exit(m.Run())
}

// bench is a data directory and the commands that work on it.
type bench struct {
	t   *testing.T
	dir string
}

func setup(t *testing.T) *bench {
	t.Helper()
	return &bench{t, filepath.Join(t.TempDir(), "data")}
}

func (b *bench) command(args ...string) *exec.Cmd {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asMain+"=1", "SAGEBRUSH_DATA_DIR="+b.dir, "SAGEBRUSH_CACHE_DIR="+filepath.Join(b.dir, "cache"))
	return cmd
}

// run answers the standard output, the standard error and the exit code.
func (b *bench) run(args ...string) (stdout, stderr string, code int) {
	b.t.Helper()
	cmd := b.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

var readyLine = regexp.MustCompile(`^Sagebrush \S+ is ready at (http://127\.0\.0\.1:\d+) \(account 123456789012, region us-east-1\) in \d+ ms\n$`)

// serve starts a server and answers its address once it has said it.
func (b *bench) serve(args ...string) (address string, server *exec.Cmd) {
	b.t.Helper()
	cmd := b.command(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = b.t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	m := readyLine.FindStringSubmatch(line)
	if err != nil || m == nil {
		b.t.Fatalf("the server said %q, %v", line, err)
	}
	return m[1], cmd
}

func TestServe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	address, server := b.serve()
	if _, stderr, code := b.run("serve", "--listen", "127.0.0.1:0"); code != exitFailure || !strings.Contains(stderr, "--data-dir") {
		t.Errorf("a second server on the directory: exit %d, %q", code, stderr)
	}
	other := setup(t)
	if _, stderr, code := other.run("serve", "--listen", strings.TrimPrefix(address, "http://")); code != exitFailure || !strings.Contains(stderr, "--listen") {
		t.Errorf("a second server on the port: exit %d, %q", code, stderr)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("SIGTERM: %v, want exit 0", err)
	}
	if _, stderr, code := b.run("keys", "list"); code != exitNoServer || !strings.Contains(stderr, "sagebrush serve") {
		t.Errorf("after the end: exit %d, %q; want 3 and how to start one", code, stderr)
	}
}

// A server that was killed leaves its announcement behind; nobody falls for it,
// and the next one takes the directory over.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, server := b.serve()
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // "signal: killed"
	if _, stderr, code := b.run("env"); code != exitNoServer {
		t.Errorf("exit %d, %q; want 3", code, stderr)
	}
	b.serve()
	if _, stderr, code := b.run("env"); code != 0 {
		t.Errorf("after a restart: exit %d, %q", code, stderr)
	}
}

func TestKeysAndImages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.serve()
	stdout, stderr, code := b.run("keys", "create", "--account-id", "210987654321", "--output", "json")
	var key admin.Key
	if err := json.Unmarshal([]byte(stdout), &key); err != nil || code != 0 || len(key.SecretAccessKey) != 40 {
		t.Fatalf("keys create: exit %d, %v, %q", code, err, stderr)
	}
	if stdout, _, _ := b.run("keys", "list", "--account-id", "210987654321"); !strings.Contains(stdout, key.AccessKeyID) || strings.Contains(stdout, key.SecretAccessKey) {
		t.Errorf("keys list: %q", stdout)
	}
	if _, _, code := b.run("keys", "delete", key.AccessKeyID); code != 0 {
		t.Errorf("keys delete: exit %d", code)
	}
	if _, stderr, code := b.run("keys", "delete", key.AccessKeyID); code != exitFailure || !strings.Contains(stderr, key.AccessKeyID) {
		t.Errorf("second keys delete: exit %d, %q", code, stderr)
	}
	folder := t.TempDir()
	if _, stderr, code := b.run("image", "add", "mine:1", folder); code != exitFailure || !strings.Contains(stderr, "train") {
		t.Errorf("image add of an empty folder: exit %d, %q", code, stderr)
	}
	if err := os.WriteFile(filepath.Join(folder, "train"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := b.run("image", "add", "mine:1", folder); code != 0 {
		t.Errorf("image add: exit %d, %q", code, stderr)
	}
	if stdout, _, _ := b.run("image", "list"); !strings.Contains(stdout, "mine:1") || !strings.Contains(stdout, "built in: xgboost") {
		t.Errorf("image list: %q", stdout)
	}
	if _, stderr, code := b.run("image", "remove", "mine:1"); code != 0 {
		t.Errorf("image remove: exit %d, %q", code, stderr)
	}
}

func TestEnvAndExec(t *testing.T) {
	t.Parallel()
	b := setup(t)
	address, _ := b.serve()
	script, stderr, code := b.run("env")
	if code != 0 || !strings.Contains(script, "export AWS_ENDPOINT_URL='"+address+"'\n") || !strings.Contains(script, "unset AWS_PROFILE\n") {
		t.Errorf("env: exit %d, %q, %q", code, script, stderr)
	}
	stdout, _, code := b.run("exec", "--", "sh", "-c", `echo "$AWS_ENDPOINT_URL $1"; exit 7`, "sh", "--flag")
	if code != 7 || stdout != address+" --flag\n" {
		t.Errorf("exec: exit %d, %q", code, stdout)
	}
	if _, _, code := b.run("exec", "--", "no-such-program"); code != exitNotFound {
		t.Errorf("exec of nothing: exit %d, want 127", code)
	}
	// A signal reaches the program, for it has taken the command's place.
	cmd := b.command("exec", "--", "sh", "-c", `trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // looked at below
	if code := cmd.ProcessState.ExitCode(); code != 9 {
		t.Errorf("exec under SIGTERM: exit %d, want the program's 9", code)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, line := range []string{
		"nonsense", "keys nonsense", "serve now", "serve --nonsense", "serve --account-id 12", "serve --region nowhere",
		"serve --log-level loud", "serve --log-format xml", "serve --database mysql://x", "serve --tls-cert only", "serve --max-jobs -1", "serve --job-memory 2GB", "serve --stop-grace 120", "serve --stop-grace 0s", "serve --serverless-idle 0s", "serve --autoscaling-period 2s", "serve --autoscaling-period 0s", "serve --invocation-timeout 0s", "serve --max-invocation-body 0", "serve --max-invocation-body 2GiB",
		"serve --s3-endpoint bucket", "keys list --output xml", "keys delete", "image add one", "exec", "env now", "version now",
	} {
		if _, stderr, code := b.run(strings.Fields(line)...); code != exitUsage || !strings.HasPrefix(stderr, "sagebrush: ") {
			t.Errorf("%s: exit %d, %q; want 2 and the reason", line, code, stderr)
		}
	}
	if stdout, _, code := b.run("version", "--output", "json"); code != 0 || !json.Valid([]byte(stdout)) {
		t.Errorf("version: exit %d, %q", code, stdout)
	}
}

// Every command explains itself with an example.
func TestHelp(t *testing.T) {
	t.Parallel()
	root := newRoot(streams{}, time.Time{})
	for todo := root.Commands(); len(todo) > 0; todo = todo[1:] {
		cmd := todo[0]
		todo = append(todo, cmd.Commands()...)
		if cmd.Runnable() && !cmd.HasSubCommands() && (cmd.Short == "" || cmd.Example == "") {
			t.Errorf("%s has no description or no example", cmd.CommandPath())
		}
	}
}
