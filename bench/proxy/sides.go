package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// sides are the three servers; nginx is nil where it is not installed.
type sides struct {
	container, front, nginx *harness.Server
	commands                []*exec.Cmd
}

func (s *sides) all() []*harness.Server {
	if s.nginx == nil {
		return []*harness.Server{s.container, s.front}
	}
	return []*harness.Server{s.container, s.front, s.nginx}
}

func (s *sides) stop() {
	for _, c := range s.commands {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	}
}

// start runs the servers. The container's socket is in dir.
func start(ctx context.Context, dir string) (s *sides, err error) {
	s = &sides{}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx serves as somebody else
		return nil, err
	}
	socket := filepath.Join(dir, "socket")
	if s.container, err = s.run(exec.CommandContext(ctx, self, "container", socket)); err != nil {
		return s, err
	}
	if s.front, err = s.run(exec.CommandContext(ctx, self, "front", socket)); err != nil {
		return s, err
	}
	if bin, missing := exec.LookPath("nginx"); missing == nil {
		s.nginx, err = s.runNginx(ctx, bin, dir)
	}
	return s, err
}

// run starts one of ours, which prints its address.
func (s *sides) run(c *exec.Cmd) (*harness.Server, error) {
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	s.commands = append(s.commands, c)
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%v said no address: %w", c.Args, err)
	}
	return &harness.Server{Addr: strings.TrimSpace(addr), PID: c.Process.Pid}, nil
}

const nginxConf = `daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream container { server unix:%[1]s/socket; keepalive 64; keepalive_requests 100000000; }
  server { listen %[2]s; location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://container; } }
}
`

func (s *sides) runNginx(ctx context.Context, bin, dir string) (*harness.Server, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := free.Addr().String()
	_ = free.Close()
	conf, log := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "nginx.log")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, addr), 0o644); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, bin, "-c", conf, "-e", log)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // killed it would leave its workers behind
	if err := c.Start(); err != nil {
		return nil, err
	}
	s.commands = append(s.commands, c)
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return &harness.Server{Addr: addr, PID: c.Process.Pid}, nil
		}
	}
	said, _ := os.ReadFile(log)
	return nil, fmt.Errorf("nginx does not answer: %s", said)
}
