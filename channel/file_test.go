package channel_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/channel"
)

func fileChannel(name, uri string) channel.Channel {
	return channel.Channel{Name: name, Mode: channel.File, Type: channel.S3Prefix, URI: uri}
}

// A prefix is a string; every key that begins with it is a file, named by the
// rest, or by its base where there is no rest; folders have none (TrainData-1,
// TrainData-6, Data-1, Data-4, DescTJ-10, DescTJ-11).
func TestFilePrefix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	big := large(100<<10, 1)
	joined := []string{large(5<<20, 2), large(3<<20, 3)}
	w.put("d/a.csv", "1,2")
	w.put("d/sub/deep/b.csv", big)
	w.parts("d/joined", joined...)
	w.put("d/empty", "")
	w.put("d/sub/", "")
	w.put("dx", "beside")
	w.put("e", "not wanted")
	for name, c := range map[string]struct {
		uri  string
		want map[string]string
	}{
		"folder":      {"s3://data/d/", map[string]string{"a.csv": "1,2", "sub/deep/b.csv": big, "joined": joined[0] + joined[1], "empty": ""}},
		"one object":  {"s3://data/d/a.csv", map[string]string{"a.csv": "1,2"}},
		"cut in name": {"s3://data/d", map[string]string{"a.csv": "1,2", "sub/deep/b.csv": big, "joined": joined[0] + joined[1], "empty": "", "x": "beside"}},
	} {
		w.stage(w.request("job", fileChannel("train", c.uri)))
		if got := tree(t, data(w.ml, "train")); !maps.Equal(got, c.want) {
			t.Errorf("%s: got %q", name, slices.Sorted(maps.Keys(got)))
		}
	}
	info, err := os.Stat(data(w.ml, "train", "a.csv"))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("a file is %v, %v", info, err)
	}
}

// A manifest names objects by prefix and suffix, and the suffix is the file's
// path (TrainData-6, Data-1, DescTJ-11).
func TestFileManifest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("p/one/a", "A")
	w.put("p/two/b", "B")
	w.put("p/two/c", "C")
	w.put("m.json", `[{"prefix": "s3://data/p/"}, "two/b", "one/a", "two/b"]`)
	c := fileChannel("train", "s3://data/m.json")
	c.Type = channel.ManifestFile
	w.stage(w.request("job", c))
	if got, want := tree(t, data(w.ml, "train")), map[string]string{"two/b": "B", "one/a": "A"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What the user can mend is said in a sentence, before anything is copied where
// that can be known (TrainData-1, -6).
func TestFileRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("foreign", "999999999999")
	w.put("clash/a", "")
	w.put("clash/a/b", "")
	w.put("same/x/y", "")
	w.put("same/x//y", "")
	w.put("up/../../etc/passwd", "root")
	w.put("long/"+strings.Repeat("n", 256), "")
	w.put("slash/x/", "not empty")
	w.put("big/a", large(40<<10, 1))
	w.put("empty.json", `[{"prefix": "s3://data/p/"}]`)
	w.put("lost.json", `[{"prefix": "s3://data/p/"}, "nothing"]`)
	w.put("bad.json", `[{"prefix": "s3://data/p/"}, 7]`)
	w.put("foreign.json", `[{"prefix": "s3://foreign/p/"}, "x"]`)
	for uri, want := range map[string]string{
		"s3://data/clash/":       `the key "clash/a" cannot be a file, because the key "clash/a/b" needs a directory of that name`,
		"s3://data/same/":        `would be the same file`,
		"s3://data/up/":          `cannot be a file below the channel's directory`,
		"s3://data/long/":        `longer than 255 bytes`,
		"s3://data/slash/":       `ends in a slash`,
		"s3://data/big/":         `larger than the ML volume`,
		"s3://data/nothing/":     `no objects are left under s3://data/nothing/`,
		"s3://foreign/":          `the bucket "foreign" does not exist, or is not yours`,
		"s3://data/empty.json":   `no objects are left`,
		"s3://data/lost.json":    `names the object s3://data/p/nothing, which does not exist`,
		"s3://data/bad.json":     `has an element 2 that is no string`,
		"s3://data/foreign.json": `is not yours`,
		"s3://data/none.json":    `does not exist`,
	} {
		c := fileChannel("train", uri)
		if strings.HasSuffix(uri, ".json") {
			c.Type = channel.ManifestFile
		}
		r := w.request("job", c)
		r.VolumeBytes = 30 << 10
		err := w.Stage(t.Context(), r)
		var mine *channel.Error
		if !errors.As(err, &mine) || !strings.Contains(mine.Reason, want) {
			t.Errorf("%s: %v, want %q", uri, err, want)
		}
		if files := tree(t, w.ml); len(files) > 0 {
			t.Errorf("%s: left %v", uri, files)
		}
	}
}

// ShardedByS3Key gives each host whole objects, all hosts together everything;
// more hosts than objects is legal (TrainData-8, Data-6). A
// channel with groups is for their hosts alone (Data-8, DescTJ-12).
func TestFileShards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := map[string]string{}
	for i := range 7 {
		name := fmt.Sprintf("%02d", i)
		w.put("d/"+name, name)
		want[name] = name
	}
	seed := int64(5)
	sharded, grouped := fileChannel("train", "s3://data/d/"), fileChannel("test", "s3://data/d/03")
	sharded.Distribution, sharded.ShuffleSeed = channel.ShardedByS3Key, &seed
	grouped.Groups = []string{"gpu"}
	r := w.request("job", sharded, grouped)
	r.Hosts = w.hosts(9)
	r.Hosts[4].Group = "gpu"
	away := r.Hosts[8].Dir
	r.Hosts[8].Dir = "" // on another machine
	w.stage(r)
	got, none := map[string]string{}, 0
	for i, h := range r.Hosts[:8] {
		files := tree(t, data(h.Dir, "train"))
		if len(files) == 0 {
			none++
		}
		for name, content := range files {
			if _, twice := got[name]; twice {
				t.Errorf("%s went to two hosts", name)
			}
			got[name] = content
		}
		if _, err := os.Stat(data(h.Dir, "test")); (err == nil) != (i == 4) {
			t.Errorf("host %d of group %q: the channel of group gpu: %v", i, h.Group, err)
		}
	}
	if !maps.Equal(got, want) || none != 1 {
		t.Errorf("got %v with %d empty hosts", got, none)
	}
	if _, err := os.Stat(away); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a host of another machine has a directory: %v", err)
	}
}

// Progress goes up to the whole of all hosts; Stage again starts from nothing.
func TestFileAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("d/a", large(70<<10, 1))
	w.put("d/b", "small")
	if err := os.MkdirAll(data(w.ml, "train", "half"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var seen []int64
		r := w.request("job", fileChannel("train", "s3://data/d/"))
		r.Hosts = w.hosts(2)
		r.Progress = func(done, total int64) {
			if total != 2*(70<<10+5) {
				t.Errorf("total %d", total)
			}
			seen = append(seen, done)
		}
		w.stage(r)
		if !slices.IsSorted(seen) || seen[len(seen)-1] != 2*(70<<10+5) {
			t.Errorf("progress %v", seen)
		}
		if got := tree(t, data(w.ml, "train")); len(got) != 2 {
			t.Errorf("got %v", slices.Sorted(maps.Keys(got)))
		}
	}
}

// between is a store in which something happens between listing and reading.
type between struct {
	blob.Store
	blob.Locator
	happens func()
}

func (b *between) Locate(ctx context.Context, bucket string, keys []string, content bool) ([]blob.Located, error) {
	b.happens()
	return b.Locator.Locate(ctx, bucket, keys, content)
}

// An object that goes or changes while it is downloaded is said, not half taken.
func TestFileMovingTarget(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 100 << 10} {
		w := newWorld(t)
		for want, happens := range map[string]func(){
			"the object s3://data/d/a was deleted while":     func() { w.delete("d/a") },
			"the object s3://data/d/a was overwritten while": func() { w.put("d/a", "other") },
		} {
			w.put("d/a", large(size, 1))
			m := newWorldOver2(w, &between{w.objects, w.objects.(blob.Locator), happens})
			err := m.Stage(t.Context(), w.request("job", fileChannel("train", "s3://data/d/")))
			var mine *channel.Error
			if !errors.As(err, &mine) || !strings.Contains(mine.Reason, want) {
				t.Errorf("%d bytes: %v, want %q", size, err, want)
			}
		}
	}
}

func (w *world) delete(keys ...string) {
	w.Helper()
	if err := w.objects.Delete(w.Context(), "data", keys...); err != nil {
		w.Fatal(err)
	}
}

// newWorldOver2 is a Manager over another view of the world's objects.
func newWorldOver2(w *world, objects blob.Store) *channel.Manager {
	w.Helper()
	m, err := channel.New(channel.Config{Objects: objects, Dir: w.home + "/feed2", Self: self})
	if err != nil {
		w.Fatal(err)
	}
	return m
}
