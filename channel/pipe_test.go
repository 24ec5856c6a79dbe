package channel_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/channel/recordio"
)

func pipeChannel(name, uri string) channel.Channel {
	return channel.Channel{Name: name, Mode: channel.Pipe, Type: channel.S3Prefix, URI: uri}
}

// epoch reads the pipe of an epoch to its end.
func epoch(t *testing.T, ml, channel string, n int) string {
	t.Helper()
	content, err := os.ReadFile(data(ml, fmt.Sprintf("%s_%d", channel, n)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func gzipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// record is content as one RecordIO record.
func record(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	if err := recordio.Write(&b, strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A pipe gives the objects one after the other, in every epoch the same, as
// often as asked; gzip is undone object by object, and a record is an object
// (TrainData-3, TrainData-4, TrainData-5, Data-5, DescTJ-10).
func TestPipeContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	contents := []string{"small", large(3<<20, 1), "", large(200<<10, 2), large(5<<20, 3) + "the second part"}
	w.put("d/0", contents[0])
	w.put("d/1", contents[1])
	w.put("d/2", contents[2])
	w.put("d/3", contents[3])
	w.parts("d/4", contents[4][:5<<20], contents[4][5<<20:])
	w.put("d/5/", "")
	var raw, records string
	for i, c := range contents {
		raw += c
		records += record(t, c)
		w.put(fmt.Sprint("z/", i), gzipped(t, c))
	}
	w.put("z/5", gzipped(t, "two members, ")+gzipped(t, "one object"))
	for name, x := range map[string]struct {
		uri, compression, wrapper, want string
	}{
		"raw":              {"s3://data/d/", channel.None, channel.None, raw},
		"records":          {"s3://data/d/", channel.None, channel.RecordIO, records},
		"gzip":             {"s3://data/z/", channel.Gzip, channel.None, raw + "two members, one object"},
		"records of gzip":  {"s3://data/z/", channel.Gzip, channel.RecordIO, records + record(t, "two members, one object")},
		"gzip as it comes": {"s3://data/z/0", channel.None, channel.None, gzipped(t, "small")},
	} {
		c := pipeChannel("train", x.uri)
		c.Compression, c.Wrapper = x.compression, x.wrapper
		w.stage(w.request("job", c))
		for n := range 3 {
			if got := epoch(t, w.ml, "train", n); got != x.want {
				t.Errorf("%s, epoch %d: %d bytes, want %d", name, n, len(got), len(x.want))
			}
		}
	}
}

// The next pipe appears when the reader has closed or has everything, not
// before, and is there when the reader sees the end (TrainData-3).
func TestPipeEpochs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := large(4<<20, 1)
	w.put("d/0", content)
	w.put("s/0", "abc")
	w.stage(w.request("job", pipeChannel("big", "s3://data/d/"), pipeChannel("small", "s3://data/s/")))
	exists := func(name string) bool {
		_, err := os.Lstat(data(w.ml, name))
		return err == nil
	}
	f, err := os.Open(data(w.ml, "big_0"))
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 10)
	if _, err := io.ReadFull(f, first); err != nil || string(first) != content[:10] {
		t.Fatalf("%q, %v", first, err)
	}
	if exists("big_1") {
		t.Error("the next pipe exists while this one is read")
	}
	f.Close() // early: an end of the epoch like any other
	await(t, "the next pipe", func() bool { return exists("big_1") })
	if got := epoch(t, w.ml, "big", 1); got != content {
		t.Errorf("epoch 1 has %d bytes", len(got))
	}
	if !exists("big_2") {
		t.Error("the next pipe does not exist at the end of this one")
	}

	if f, err = os.Open(data(w.ml, "small_0")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(first[:1]); err != nil {
		t.Fatal(err)
	}
	if exists("small_1") { // all is written, but not all read
		t.Error("the next pipe exists before the reader has everything")
	}
	rest, err := io.ReadAll(f)
	if err != nil || string(rest) != "bc" || !exists("small_1") {
		t.Errorf("%q, %v, next pipe %v", rest, err, exists("small_1"))
	}
	if reason, fatal, err := w.Failure("job"); reason != "" || fatal || err != nil {
		t.Errorf("%q, %v, %v", reason, fatal, err)
	}
	if err := w.Release(t.Context(), "job"); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(data(w.ml)); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if left, err := os.ReadDir(w.home + "/feed"); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// The hosts of a sharded, shuffled channel get everything between them in every
// epoch, each time in another order: the keys of a prefix, the entries of a
// manifest, the lines of an augmented one (TrainData-9, Data-7, DescTJ-13).
func TestPipeShuffle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all, entries, lines []string
	for i := range 20 {
		line := fmt.Sprintf("%02d\n", i)
		w.put("d/"+line[:2], line)
		all = append(all, line)
		entries = append(entries, fmt.Sprintf("%q", line[:2]))
		lines = append(lines, fmt.Sprintf(`{"x-ref": "s3://data/d/%s"}`, line[:2]))
	}
	w.put("manifest", `[{"prefix": "s3://data/d/"}, `+strings.Join(entries, ", ")+`]`)
	w.put("lines", strings.Join(lines, "\n"))
	seed := int64(3)
	prefix, manifest, augmented := pipeChannel("train", "s3://data/d/"), pipeChannel("train", "s3://data/manifest"), pipeChannel("train", "s3://data/lines")
	manifest.Type, augmented.Type, augmented.AttributeNames = channel.ManifestFile, channel.AugmentedManifestFile, []string{"x-ref"}
	for _, c := range []channel.Channel{prefix, manifest, augmented} {
		c.Distribution, c.ShuffleSeed = channel.ShardedByS3Key, &seed
		w.shuffles(w.request(c.Type, c), all)
	}
}

// shuffles wants three epochs of all lines, each in another order.
func (w *world) shuffles(r channel.Request, all []string) {
	w.Helper()
	t := w.T
	r.Hosts = w.hosts(3)
	w.stage(r)
	defer func() {
		if err := w.Release(w.Context(), r.ID); err != nil {
			t.Error(err)
		}
	}()
	var before []string
	for n := range 3 {
		var got []string
		for _, h := range r.Hosts {
			got = slices.AppendSeq(got, strings.Lines(epoch(t, h.Dir, "train", n)))
		}
		if slices.Equal(got, before) || slices.Equal(got, all) {
			t.Errorf("%s: epoch %d is not shuffled: %q", r.ID, n, got)
		}
		before = slices.Clone(got)
		slices.Sort(got)
		if !slices.Equal(got, all) {
			t.Errorf("%s: epoch %d gives %q", r.ID, n, got)
		}
	}
}

// Of an augmented manifest the listed attributes are streamed in the listed
// order: objects for -ref, values as they are, a record each (TrainData-7).
func TestPipeAugmented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("foreign", "999999999999")
	w.put("img/1", "one")
	w.put("img/2", large(100<<10, 2))
	w.put("m", `{"class": "cat", "source-ref": "s3://data/img/1", "n": [1,  2]}
{"source-ref": "s3://data/img/2", "class": 7.50, "n": null}

{"n": {"a": "b c"}, "source-ref": "s3://data/img/1", "class": ""}
`)
	c := pipeChannel("train", "s3://data/m")
	c.Type, c.AttributeNames, c.Wrapper = channel.AugmentedManifestFile, []string{"source-ref", "class", "n"}, channel.RecordIO
	want := []string{"one", "cat", "[1,2]", large(100<<10, 2), "7.50", "null", "one", "", `{"a":"b c"}`}
	w.stage(w.request("job", c))
	in := recordio.NewReader(strings.NewReader(epoch(t, w.ml, "train", 0)), 1<<20)
	for i, want := range want {
		if got, err := in.Next(); err != nil || string(got) != want {
			t.Errorf("record %d is %.20q, %v, want %.20q", i, got, err, want)
		}
	}
	if _, err := in.Next(); err != io.EOF {
		t.Errorf("after the last record: %v", err)
	}
	c.Wrapper = channel.None
	w.stage(w.request("job", c))
	if got := epoch(t, w.ml, "train", 0); got != strings.Join(want, "") {
		t.Errorf("without records: %d bytes", len(got))
	}
	for line, want := range map[string]string{
		`{"source-ref": "s3://data/img/1", "class": 1}`:           `line 2 has no attribute "n"`,
		`{"source-ref": "s3://data/img/3", "class": 1, "n": 1}`:   `names the object s3://data/img/3, which does not exist`,
		`{"source-ref": "s3://foreign/x", "class": 1, "n": 1}`:    `the bucket "foreign" does not exist, or is not yours`,
		`{"source-ref": "img/1", "class": 1, "n": 1}`:             `is not the URI of an object`,
		`{"source-ref": ["s3://data/img/1"], "class": 1, "n": 1}`: `must be a string`,
		`["source-ref"]`: `line 2 is no JSON object`,
	} {
		w.put("m", `{"class": 1, "source-ref": "s3://data/img/1", "n": 1}`+"\n"+line)
		err := w.Stage(t.Context(), w.request("job", c))
		var mine *channel.Error
		if !errors.As(err, &mine) || !strings.Contains(mine.Reason, want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// Objects may be overwritten and deleted while the job runs: it goes on with what
// there was.
func TestPipeSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := "small" + large(300<<10, 1)
	w.put("d/0", "small")
	w.put("d/1", want[5:])
	w.stage(w.request("job", pipeChannel("train", "s3://data/d/")))
	w.put("d/0", "other")
	w.delete("d/1")
	for n := range 2 {
		if got := epoch(t, w.ml, "train", n); got != want {
			t.Errorf("epoch %d: %d bytes, want %d", n, len(got), len(want))
		}
	}
}

// A decompressed record that is too large for memory is one record all the same
// (TrainData-4).
func TestPipeLargeRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const size = 33 << 20
	w.put("d/a", gzipped(t, strings.Repeat("\x00", size)+"end"))
	c := pipeChannel("train", "s3://data/d/")
	c.Compression, c.Wrapper = channel.Gzip, channel.RecordIO
	w.stage(w.request("job", c))
	f, err := os.Open(data(w.ml, "train_0"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := recordio.NewReader(f, 1<<30).Next()
	if err != nil || len(got) != size+3 || string(got[size:]) != "end" {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
