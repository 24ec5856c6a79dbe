package channel_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/channel/feed"
	"github.com/sagebrush/sagebrush/run/process"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const account = "123456789012"

// self makes the test binary its own feeder, see TestMain.
var self = []string{"/proc/self/exe", "feed"}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "feed" {
		os.Exit(feed.Main(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "supervise" {
		os.Exit(process.Supervise(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(serve(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// world is an object store with a bucket "data", a Manager, and a host.
type world struct {
	*testing.T
	*channel.Manager
	objects  blob.Store
	database string
	// home is where all of it lies; ml is the first host's /opt/ml.
	home, ml string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	home := t.TempDir()
	url := storetest.SQLiteURL(t)
	objects, err := dir.New(storetest.Open(t, url), filepath.Join(home, "objects"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() })
	w := newWorldOver(t, objects, home)
	w.database = url
	return w
}

func newWorldOver(t *testing.T, objects blob.Store, home string) *world {
	t.Helper()
	m, err := channel.New(channel.Config{Objects: objects, Dir: filepath.Join(home, "feed"), Self: self})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Manager: m, objects: objects, home: home, ml: filepath.Join(home, "ml")}
	t.Cleanup(func() {
		if err := m.CleanUp(context.Background(), func(string) bool { return false }); err != nil {
			t.Error(err)
		}
	})
	w.bucket("data", account)
	return w
}

func (w *world) bucket(name, account string) {
	w.Helper()
	if err := w.objects.CreateBucket(w.Context(), blob.Bucket{Name: name, Account: account, Region: "us-east-1"}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) put(key, content string) {
	w.Helper()
	if _, err := w.objects.Put(w.Context(), "data", key, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))}); err != nil {
		w.Fatal(err)
	}
}

// parts uploads an object in parts.
func (w *world) parts(key string, parts ...string) {
	w.Helper()
	u, err := w.objects.CreateUpload(w.Context(), "data", key, blob.PutOptions{}, "", "")
	if err != nil {
		w.Fatal(err)
	}
	var all []blob.Part
	for i, content := range parts {
		p, err := w.objects.PutPart(w.Context(), "data", key, u.ID, i+1, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))})
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, p)
	}
	if _, err := w.objects.CompleteUpload(w.Context(), "data", key, u.ID, all, blob.PutOptions{}); err != nil {
		w.Fatal(err)
	}
}

// hosts are n hosts of this machine; the first one's directory is ml.
func (w *world) hosts(n int) []channel.Host {
	var out []channel.Host
	for i := range n {
		dir := w.ml
		if i > 0 {
			dir += string(rune('a' + i))
		}
		out = append(out, channel.Host{Name: "algo-" + string(rune('1'+i)), Dir: dir})
	}
	return out
}

// request is for one host.
func (w *world) request(id string, channels ...channel.Channel) channel.Request {
	return channel.Request{ID: id, Account: account, Hosts: w.hosts(1), Channels: channels}
}

// stage must succeed.
func (w *world) stage(r channel.Request) {
	w.Helper()
	if err := channel.CheckAll(r.Channels); err != nil {
		w.Fatal(err)
	}
	if err := w.Stage(w.Context(), r); err != nil {
		w.Fatal(err)
	}
}

// data is a path below a host's input/data.
func data(ml string, name ...string) string {
	return filepath.Join(append([]string{ml, "input", "data"}, name...)...)
}

// tree is all files below a directory with their contents.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		out[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// large is n bytes that differ everywhere, so that a piece in the wrong place shows.
func large(n int, seed byte) string {
	b := make([]byte, n+4)
	for i := 0; i < n; i += 4 {
		b[i], b[i+1], b[i+2], b[i+3] = seed, byte(i>>2), byte(i>>10), byte(i>>18)
	}
	return string(b[:n])
}

// await waits for a condition that another process brings about.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
