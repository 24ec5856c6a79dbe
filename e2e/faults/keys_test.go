package faults

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// Keys may be whatever S3 takes, and none of them leads out of the data directory.
func TestStrangeKeys(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	root := filepath.Dir(h.Dir)
	before := listing(t, root, h.Dir)
	long := strings.Repeat("k", 1024)
	for _, size := range []int{3, 200_000} { // in the index, and in a file of its own
		for _, key := range []string{"..", "../../escaped", "/../../escaped", "a/../../b", "./a", "a//b", "/a", "//", "a/", "a", "a/b", " ", "\n", "%2e%2e/x", "..\\x",
			"nul\x00nul", "\x01\x7f", "\u202egnp", "日本語/ключ", "con", ".", "~", "-rf", "*?[]", "a\tb", "&<>\"'", long} {
			body := noise(size)
			path := "/" + bucket + "/" + escape(key)
			if _, err := h.client.S3(h.ctx, "PUT", path, body); err != nil {
				t.Errorf("PUT %.50q: %v", key, err)
				continue
			}
			if got, err := h.client.S3(h.ctx, "GET", path, nil); err != nil || !bytes.Equal(got, body) {
				t.Errorf("GET %.50q: %d bytes, %v", key, len(got), err)
			}
		}
	}
	_, err := h.client.S3(h.ctx, "PUT", "/"+bucket+"/"+long+"k", []byte("x"))
	wellRefused(t, err, 400, "KeyTooLongError")
	_, err = h.client.S3(h.ctx, "PUT", "/"+bucket+"/%ff%fe", []byte("x"))
	wellRefused(t, err, 400, "InvalidURI")
	for _, name := range []string{"..", "%2e%2e", "UPPER", "a_b", "ab", "xn--x", "-ab", strings.Repeat("b", 64), "a..b", "192.168.0.1"} {
		_, err := h.client.S3(h.ctx, "PUT", "/"+name, nil)
		wellRefused(t, err, 400, "")
	}
	if after := listing(t, root, h.Dir); after != before {
		t.Errorf("beside the data directory is now %s, was %s", after, before)
	}
	h.healthy()
}

// escape writes a key into a path, byte for byte.
func escape(key string) string {
	parts := strings.Split(key, "/")
	for i, p := range parts {
		// Dots too: clients and proxies resolve them otherwise.
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ".", "%2E")
	}
	return strings.Join(parts, "/")
}

// listing names everything beneath root, except what is beneath but.
func listing(t *testing.T, root, but string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if path == but {
			return filepath.SkipDir
		}
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// Keys that are paths cannot leave a channel's directory (TrainData-6).
func TestKeysStayInTheirChannel(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	image := h.image("lists", `cd /opt/ml && find . -type f ! -path './input/config/*' | sort`)
	for name, c := range map[string]struct {
		keys   []string
		reason string
	}{
		"up":    {[]string{"../../../model/evil"}, `ClientError: data download failed: channel "train": the key "up/../../../model/evil" cannot be a file below the channel's directory`},
		"nul":   {[]string{"a\x00b"}, "ClientError: data download failed: "},
		"clash": {[]string{"a", "a/b"}, "ClientError: data download failed: "},
		"long":  {[]string{strings.Repeat("n", 300)}, "ClientError: data download failed: "},
		"fine":  {[]string{"a//b", "c/", "日本語"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := h.on(t)
			for _, key := range c.keys {
				content := []byte("x")
				if strings.HasSuffix(key, "/") {
					content = nil // it stands for a folder
				}
				h.s3("PUT", "/"+bucket+"/"+escape(name+"/"+key), content)
			}
			request := server.TrainingJob(name, image, bucket)
			server.Channel(request, "train", "s3://"+bucket+"/"+name+"/")
			if err := h.client.Train(h.ctx, request); err != nil {
				t.Fatal(err)
			}
			job := h.ended(name)
			if c.reason == "" {
				lines, err := h.client.Lines(h.ctx, name)
				if want := "./input/data/train/a/b ./input/data/train/日本語"; job.TrainingJobStatus != "Completed" || err != nil || strings.Join(lines, " ") != want {
					t.Errorf("%+v, %q, %v", job, lines, err)
				}
			} else if job.TrainingJobStatus != "Failed" || !strings.HasPrefix(job.FailureReason, c.reason) {
				t.Errorf("%+v\nwant %s", job, c.reason)
			}
		})
	}
	h.NothingLeft(t)
}
