package datadir_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/internal/datadir"
)

func setup(t *testing.T) datadir.Dir {
	t.Helper()
	d, err := datadir.Make(filepath.Join(t.TempDir(), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMakeIsPrivate(t *testing.T) {
	t.Parallel()
	info, err := os.Stat(string(setup(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("mode %o, want 700", got)
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	t.Parallel()
	d := setup(t)
	first, err := d.Acquire(false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Acquire(false); !errors.Is(err, datadir.ErrInUse) {
		t.Fatalf("second server: %v, want ErrInUse", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := d.Acquire(false)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Release()
	if again.NodeID != first.NodeID {
		t.Errorf("node id changed over a restart: %s, then %s", first.NodeID, again.NodeID)
	}
}

func TestSharedDirectoryGivesEachServerItsOwnNode(t *testing.T) {
	t.Parallel()
	d := setup(t)
	seen := map[string]bool{}
	var second *datadir.Lock
	for i := range 3 {
		l, err := d.Acquire(true)
		if err != nil {
			t.Fatal(err)
		}
		if seen[l.NodeID] {
			t.Errorf("node id %s was given twice", l.NodeID)
		}
		seen[l.NodeID] = true
		if i == 1 {
			second = l
		} else {
			t.Cleanup(func() { l.Release() })
		}
	}
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
	back, err := d.Acquire(true)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Release()
	if back.NodeID != second.NodeID {
		t.Errorf("the freed node id %s was not reused, got %s", second.NodeID, back.NodeID)
	}
}

func TestFindServer(t *testing.T) {
	t.Parallel()
	d := setup(t)
	if _, err := d.Find(t.Context()); !errors.Is(err, datadir.ErrNoServer) {
		t.Fatalf("empty directory: %v, want ErrNoServer", err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	want := datadir.Server{Address: srv.URL, PID: 7, Started: time.Now().UTC(), Account: "123456789012", Region: "us-east-1"}
	if err := d.Announce(want); err != nil {
		t.Fatal(err)
	}
	got, err := d.Find(t.Context())
	if err != nil || got != want {
		t.Fatalf("got %+v, %v; want %+v", got, err, want)
	}
	if err := d.Withdraw(8); err != nil { // somebody else's
		t.Fatal(err)
	}
	srv.Close() // killed: the file stays behind
	if _, err := d.Find(t.Context()); !errors.Is(err, datadir.ErrNoServer) {
		t.Fatalf("dead server: %v, want ErrNoServer", err)
	}
	if err := d.Withdraw(7); err != nil {
		t.Fatal(err)
	}
	if err := d.Withdraw(7); err != nil {
		t.Fatalf("a second Withdraw: %v", err)
	}
}

func TestAnnouncedAddress(t *testing.T) {
	t.Parallel()
	d := setup(t)
	for _, c := range []struct {
		listen, want string
		remote       bool
	}{
		{"http://127.0.0.1:4600", "http://127.0.0.1:4600", false},
		{"http://localhost:4600", "http://localhost:4600", false},
		{"http://[::]:4600", "http://127.0.0.1:4600", true},
		{"http://0.0.0.0:4600", "http://127.0.0.1:4600", true},
		{"http://10.1.2.3:4600", "http://10.1.2.3:4600", true},
	} {
		if err := d.Announce(datadir.Server{Address: c.listen, PID: 1}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(string(d), "server.json"))
		if err != nil {
			t.Fatal(err)
		}
		var got datadir.Server
		if err := json.Unmarshal(data, &got); err != nil || got.Address != c.want || got.Remote != c.remote {
			t.Errorf("%s: %+v, %v", c.listen, got, err)
		}
	}
}

func TestReplaceLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := setup(t)
	for _, content := range []string{"one", "two"} {
		if err := datadir.Replace(d.Credentials(), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(string(d))
	if err != nil || len(entries) != 1 {
		t.Errorf("files %v, %v; want only credentials", entries, err)
	}
}
