package channel_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/blob/s3client"
	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/s3"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// external is a world whose objects are in another S3, reached by the network.
type external struct {
	*world
	// gets counts the requests for contents; cut lets every answer end after so
	// many bytes, 0 for none.
	gets, cut atomic.Int64
}

func newExternal(t *testing.T) *external {
	t.Helper()
	x := &external{}
	home := t.TempDir()
	backend, err := dir.New(storetest.SQLite(t), filepath.Join(home, "objects"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	lookup := func(context.Context, string, string) (sigv4.Secret, error) {
		return sigv4.Secret{SecretAccessKey: "secret", Caller: aws.Caller{Scope: aws.Scope{Account: "999999999999"}}}, nil
	}
	handler := s3.NewHandler(backend, s3.Options{Lookup: lookup})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Count(r.URL.Path, "/") > 2 {
			x.gets.Add(1)
			if n := x.cut.Load(); n > 0 {
				w = &cutting{w, n}
			}
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := s3client.New(s3client.Options{Endpoint: server.URL, Region: "us-east-1", AccessKeyID: "AKID", SecretAccessKey: "secret", Account: account})
	if err != nil {
		t.Fatal(err)
	}
	x.world = newWorldOver(t, client, home)
	return x
}

// cutting breaks an answer off.
type cutting struct {
	http.ResponseWriter
	left int64
}

// Write implements io.Writer.
func (c *cutting) Write(b []byte) (int, error) {
	if int64(len(b)) > c.left {
		c.ResponseWriter.Write(b[:c.left])
		panic(http.ErrAbortHandler)
	}
	c.left -= int64(len(b))
	return c.ResponseWriter.Write(b)
}

// Every mode works on an external S3, which the feeder reads by itself, and goes
// on where a connection broke.
func TestExternal(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	x := newExternal(t)
	want := map[string]string{"a": large(9<<20, 1), "b": "small", "c": "", "sub/d": large(70<<20, 2)}
	for name, content := range want {
		x.put("d/"+name, content)
	}
	x.put("m", `{"r-ref": "s3://data/d/b", "x": 1}`+"\n"+`{"x": "two", "r-ref": "s3://data/d/a"}`)
	lines := pipeChannel("lines", "s3://data/m")
	lines.Type, lines.AttributeNames = channel.AugmentedManifestFile, []string{"x", "r-ref"}
	x.stage(x.request("job", fileChannel("file", "s3://data/d/"), pipeChannel("pipe", "s3://data/d/"), fastChannel("fast", "s3://data/d/"), lines))
	if got := tree(t, data(x.ml, "file")); !maps.Equal(got, want) {
		t.Error("the files differ")
	}
	for _, cut := range []int64{0, 3<<20 + 1} {
		x.cut.Store(cut)
		n := int(min(cut, 1))
		if got := epoch(t, x.ml, "pipe", n); got != want["a"]+"small"+want["sub/d"] {
			t.Errorf("cut %d: the pipe has %d bytes", cut, len(got))
		}
		if got := epoch(t, x.ml, "lines", n); got != "1smalltwo"+want["a"] {
			t.Errorf("cut %d: the manifest has %d bytes", cut, len(got))
		}
	}
	if got := tree(t, data(x.ml, "fast")); !maps.Equal(got, want) {
		t.Error("the file system differs")
	}
	readAtRandom(t, data(x.ml, "fast", "a"), want["a"])
	if reason, _, err := x.Failure("job"); reason != "" || err != nil {
		t.Errorf("%q, %v", reason, err)
	}
}

// A FastFile channel lists at the start and reads nothing before it is asked
// (TrainData-2); the keys of the external S3 are for the server's user alone.
func TestExternalLazy(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	x := newExternal(t)
	for i := range 20 {
		x.put("d/"+strconv.Itoa(i), large(1000+i, 1))
	}
	before := x.gets.Load()
	x.stage(x.request("job", fastChannel("fast", "s3://data/d/")))
	entries, err := os.ReadDir(data(x.ml, "fast"))
	if err != nil || len(entries) != 20 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || fmt.Sprint(info.Size()-1000) != e.Name() {
			t.Errorf("%s: %v, %v", e.Name(), info, err)
		}
	}
	if n := x.gets.Load() - before; n > 0 {
		t.Errorf("%d objects were read before anybody asked", n)
	}
	if got, err := os.ReadFile(data(x.ml, "fast", "7")); err != nil || string(got) != large(1007, 1) || x.gets.Load() == before {
		t.Errorf("%d bytes, %v, %d requests", len(got), err, x.gets.Load()-before)
	}
	secrets, err := filepath.Glob(filepath.Join(x.home, "feed", "*", "s3.json"))
	if err != nil || len(secrets) != 1 {
		t.Fatal(secrets, err)
	}
	if info, err := os.Stat(secrets[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// An external object that changed or went is a failure with its name: of a pipe
// a fatal one, of a file the program's own error.
func TestExternalMovingTarget(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	x := newExternal(t)
	for _, key := range []string{"d/a", "d/b"} {
		x.put(key, large(100<<10, 1))
	}
	x.stage(x.request("job", fastChannel("fast", "s3://data/d/"), pipeChannel("pipe", "s3://data/d/")))
	x.put("d/a", large(100<<10, 2))
	x.delete("d/b")
	for _, name := range []string{"a", "b"} {
		if _, err := os.ReadFile(data(x.ml, "fast", name)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	reason, fatal, err := x.Failure("job")
	if err != nil || fatal || reason != `ClientError: channel "fast": the object s3://data/d/a was overwritten while the job ran` {
		t.Errorf("%q, %v, %v", reason, fatal, err)
	}
	epoch(t, x.ml, "pipe", 0)
	reason, fatal, err = x.Failure("job")
	if err != nil || !fatal || reason != `ClientError: channel "pipe": the object s3://data/d/a was overwritten while the job ran` {
		t.Errorf("%q, %v, %v", reason, fatal, err)
	}
	var mine *channel.Error
	if err := x.Stage(t.Context(), x.request("job", pipeChannel("pipe", "s3://data/gone/"))); !errors.As(err, &mine) {
		t.Error(err)
	}
}
