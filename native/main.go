package native

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	// socketVariable is a path at which to listen instead of a port.
	socketVariable = "SAGEBRUSH_BIND_TO_SOCKET"
	// roomVariable is how many bytes the models of a multi-model replica may take.
	roomVariable = "SAGEBRUSH_MODELS_MEMORY"

	defaultBody = 20 << 20
	defaultRoom = 1 << 30
	idle        = 75 * time.Second
	// grace is how long requests may go on after SIGTERM.
	grace = 25 * time.Second
)

// Main serves until SIGTERM, as the serve program of an image does: the model lies
// in model under SAGEMAKER_BASE_DIR, /opt/ml by default. It answers the process's
// exit status.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context) error {
	s := &server{log: os.Stderr}
	var err error
	if s.maxBody, err = amount("MAX_CONTENT_LENGTH", defaultBody); err != nil {
		return err
	}
	if multi, _ := strconv.ParseBool(os.Getenv("SAGEMAKER_MULTI_MODEL")); multi {
		room, err := amount(roomVariable, defaultRoom)
		if err != nil {
			return err
		}
		s.many = newModels(room)
	} else {
		dir := filepath.Join(cmp.Or(os.Getenv("SAGEMAKER_BASE_DIR"), "/opt/ml"), "model")
		if s.one, err = open(dir); err != nil {
			return err
		}
	}
	listener, place, err := listen()
	if err != nil {
		return err
	}
	fmt.Printf("Serving trees natively on %s\n", place)
	return s.run(ctx, listener)
}

// run answers until ctx ends, and then what has begun.
func (s *server) run(ctx context.Context, listener net.Listener) error {
	h := &http.Server{Handler: s.routes(), IdleTimeout: idle, ReadHeaderTimeout: idle, MaxHeaderBytes: 64 << 10}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := h.Shutdown(closing); errors.Is(err, context.DeadlineExceeded) {
		return h.Close()
	} else if err != nil {
		return err
	}
	return nil
}

// listen listens where the environment says.
func listen() (net.Listener, string, error) {
	if path := os.Getenv(socketVariable); path != "" {
		// What a replica before this one left behind is nobody's any more.
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, "", err
		}
		l, err := net.Listen("unix", path)
		return l, "socket " + path, err
	}
	port := cmp.Or(os.Getenv("SAGEMAKER_BIND_TO_PORT"), "8080")
	l, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("SAGEMAKER_BIND_TO_HOST"), port))
	if err != nil {
		return nil, "", err
	}
	return l, fmt.Sprintf("port %d", l.Addr().(*net.TCPAddr).Port), nil
}

// amount is a variable that is a number of bytes.
func amount(name string, without int64) (int64, error) {
	text := os.Getenv(name)
	if text == "" {
		return without, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is %q; it must be a number of bytes", name, text)
	}
	return n, nil
}
