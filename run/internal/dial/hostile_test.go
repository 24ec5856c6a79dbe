//go:build linux

package dial

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
)

// TestHostileHolder: whatever comes instead of an answer is an error, and no
// descriptor that came with it stays open.
func TestHostileHolder(t *testing.T) { // not parallel: it counts open files
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	other, _ := ends(t)
	raw, err := other.File()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	refuse := func(string) (string, error) { return "", errors.New("no seal") }
	for name, c := range map[string]struct {
		answer string
		fds    []int
		open   func(string) (string, error)
		want   string
	}{
		"nothing":        {"", nil, nil, ErrGone.Error()},
		"half":           {"ok", []int{int(file.Fd())}, nil, ErrGone.Error()},
		"no descriptor":  {"ok\n", nil, nil, `"ok"`},
		"a file":         {"ok\n", []int{int(file.Fd())}, nil, "no connection"},
		"unix socket":    {"ok\n", []int{int(raw.Fd())}, nil, "no TCP connection"},
		"many":           {"ok\n", []int{int(file.Fd()), int(file.Fd()), int(raw.Fd())}, nil, "no connection"},
		"with an error":  {"error 111 refused\n", []int{int(file.Fd())}, nil, "refused"},
		"ended and more": {"ended\n", []int{int(file.Fd())}, nil, run.ErrEnded.Error()},
		"no seal":        {"ok\n", []int{int(file.Fd())}, refuse, "no seal"},
		"endless":        {strings.Repeat("x", 5000), nil, nil, "too long"},
		"odd error":      {"error x y\n", nil, nil, "error x y"},
		"odd error 2":    {"error  1  \n\n", nil, nil, ""},
		"old":            {"unknown request\n", nil, nil, ErrOld.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			server, holder := ends(t)
			before := openFiles(t)
			go func() {
				if c.answer != "" {
					var rights []byte
					if len(c.fds) > 0 {
						rights = unix.UnixRights(c.fds...)
					}
					holder.WriteMsgUnix([]byte(c.answer), rights, nil)
				}
				holder.CloseWrite()
			}()
			ctx, cancel := Within(t.Context())
			defer cancel()
			conn, err := Ask(ctx, server, "dial", c.open)
			if conn != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v", conn, err)
			}
			if after := openFiles(t); after != before-1 { // Ask has closed its own
				t.Errorf("%d files are open, after %d", after, before)
			}
		})
	}
}

// openFiles is how many this process has.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestAskEnds: with its context, whatever the holder does.
func TestAskEnds(t *testing.T) {
	t.Parallel()
	server, holder := ends(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	go func() {
		holder.Read(make([]byte, 1)) // it has been asked
		cancel(why)
	}()
	if _, err := Ask(ctx, server, "dial", nil); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// FuzzAsk: no answer without a descriptor is a connection, and every error of a
// Dialer comes through as it was.
func FuzzAsk(f *testing.F) {
	f.Add("ok\n")
	f.Add("ended\n")
	f.Add("error 111 connect to 127.0.0.1:8080: connection refused\n")
	f.Add("error 99999999999999999999 x")
	f.Fuzz(func(t *testing.T, answer string) {
		server, holder := ends(t)
		go func() {
			io.WriteString(holder, answer)
			holder.CloseWrite()
		}()
		ctx, cancel := Within(t.Context())
		defer cancel()
		conn, err := Ask(ctx, server, "dial", nil)
		if conn != nil || err == nil || err.Error() == "" && !errors.As(err, &attemptError{}) {
			t.Errorf("%q: %v, %v", answer, conn, err)
		}
	})
}
