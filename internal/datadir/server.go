package datadir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// ErrNoServer says that no server is running on the directory.
var ErrNoServer = errors.New("no server is running")

// Server is what a running server tells the commands about itself.
type Server struct {
	// Address is where programs on this machine reach it, such as "http://127.0.0.1:4600".
	Address string `json:"address"`
	// Remote says that other machines reach it too.
	Remote  bool      `json:"remote,omitempty"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Version string    `json:"version"`
}

// Announce makes the server known to commands; call it once it answers.
// Address may be the one that it listens on: of all addresses ("[::]:4600"), the
// loopback one is announced.
func (d Dir) Announce(s Server) error {
	if err := s.localise(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return Replace(d.server(), append(data, '\n'), 0o600)
}

// localise sets Address and Remote from the address listened on.
func (s *Server) localise() error {
	u, err := url.Parse(s.Address)
	if err != nil {
		return fmt.Errorf("address %q: %w", s.Address, err)
	}
	ip := net.ParseIP(u.Hostname())
	s.Remote = u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
	if ip != nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
		s.Address = u.String()
	}
	return nil
}

// Withdraw takes an announcement back, unless another server has replaced it.
func (d Dir) Withdraw(pid int) error {
	s, err := d.read()
	if errors.Is(err, ErrNoServer) || err == nil && s.PID != pid {
		return nil
	}
	return os.Remove(d.server())
}

// Find answers the running server. A server that died without a word is told
// from a living one by asking it for its health.
func (d Dir) Find(ctx context.Context) (Server, error) {
	s, err := d.read()
	if err != nil {
		return Server{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Address+"/healthz", nil)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", d.server(), err)
	}
	// The address is this machine's: a proxy in the environment, which is
	// likely this very server, has no part in it.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return Server{}, fmt.Errorf("%w on %s (the one at %s does not answer: %w)", ErrNoServer, d, s.Address, err)
	}
	answer.Body.Close()
	return s, nil
}

func (d Dir) read() (s Server, err error) {
	data, err := os.ReadFile(d.server())
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w on %s", ErrNoServer, d)
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%s is damaged, start the server again: %w", d.server(), err)
	}
	return s, nil
}
