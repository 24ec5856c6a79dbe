package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// keptLines is how much of a tool's output a failure repeats.
const keptLines = 15

// worker runs the tools that make one environment.
type worker struct {
	dir      string // where they run: the image's folder
	lock     *os.File
	progress func(string)
}

// stepError is a tool that failed.
type stepError struct {
	what  string
	log   []string
	cause error
}

// Error implements error.
func (e *stepError) Error() string { return e.what }

// run runs a tool and hands on its output line by line.
func (w *worker) run(ctx context.Context, step, name string, args ...string) error {
	lines := &lineWriter{each: w.progress}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = w.dir, toolEnv(os.Environ())
	cmd.Stdout, cmd.Stderr = lines, lines
	// The tool inherits the lock. If this server is killed, the lock stays held
	// until the tool, which lives on, has stopped writing to the directory.
	cmd.ExtraFiles = []*os.File{w.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	lines.flush()
	if err == nil {
		return nil
	}
	what := fmt.Sprintf("%s failed (%s)", step, err)
	if hint := explain(lines.last, err); hint != "" {
		what = fmt.Sprintf("%s failed: %s", step, hint)
	}
	return &stepError{what: what, log: lines.last, cause: err}
}

// explain says in one sentence what a tool's last lines mean, "" when nothing
// is known about them.
func explain(log []string, err error) string {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return err.Error()
	}
	text := strings.ToLower(strings.Join(log, "\n"))
	for _, known := range []struct {
		signs []string
		means string
	}{
		{[]string{"no space left on device"}, "the disk is full"},
		{[]string{"ensurepip is not available", "no module named venv", "no module named ensurepip"},
			"this Python has no venv: install it (on Debian the package python3-venv), or install uv"},
		{[]string{"name resolution", "name or service not known", "nodename nor servname", "dns error",
			"connection refused", "network is unreachable", "max retries exceeded", "failed to establish a new connection",
			"error sending request", "connection reset", "timed out", "proxyerror", "could not connect", "tunnel"},
			"the package index cannot be reached: check the network, or set HTTPS_PROXY, PIP_INDEX_URL or UV_DEFAULT_INDEX where the server starts"},
		{[]string{"certificate"}, "the package index's certificate is not trusted: set PIP_CERT or SSL_CERT_FILE where the server starts"},
		{[]string{"no matching distribution", "no solution found", "resolutionimpossible", "could not find a version"},
			"a requirement cannot be met"},
	} {
		for _, sign := range known.signs {
			if strings.Contains(text, sign) {
				return known.means
			}
		}
	}
	return ""
}

// lineWriter hands on whole lines and keeps the last ones.
type lineWriter struct {
	each    func(string)
	partial []byte
	last    []string
}

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.partial = append(w.partial, p...)
	for {
		i := bytes.IndexAny(w.partial, "\r\n")
		if i < 0 {
			return len(p), nil
		}
		w.line(w.partial[:i])
		w.partial = w.partial[i+1:]
	}
}

// flush hands on a last line without an end.
func (w *lineWriter) flush() {
	w.line(w.partial)
	w.partial = nil
}

func (w *lineWriter) line(b []byte) {
	text := strings.TrimSpace(strings.ToValidUTF8(string(b), "?"))
	if text == "" {
		return
	}
	w.last = append(w.last, text)
	if len(w.last) > keptLines {
		w.last = w.last[1:]
	}
	w.each(text)
}
