package channel_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/channel"
)

// What cannot be decompressed is a failure that ends the job, not a short epoch:
// the reason is on record before the reader can see the end.
func TestPipeFailure(t *testing.T) {
	t.Parallel()
	good := gzipped(t, large(100<<10, 1))
	for name, bad := range map[string]string{
		"no gzip": "plain text", "cut short": good[:len(good)-9], "changed": good[:len(good)-6] + "x" + good[len(good)-5:], "empty": "",
	} {
		w := newWorld(t)
		w.put("d/0", good)
		w.put("d/1", bad)
		c := pipeChannel("train", "s3://data/d/")
		c.Compression = channel.Gzip
		if bad == "" {
			c.URI = "s3://data/d/1"
		}
		w.stage(w.request("job", c))
		told := make(chan string, 1)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			reason, err := w.Await(ctx, "job")
			if err != nil {
				reason = err.Error()
			}
			told <- reason
		}()
		epoch(t, w.ml, "train", 0)
		reason, fatal, err := w.Failure("job")
		if err != nil || !fatal || !strings.HasPrefix(reason, `ClientError: channel "train": the object s3://data/d/1 is not a whole gzip file`) {
			t.Errorf("%s: %q, %v, %v", name, reason, fatal, err)
		}
		if got := <-told; got != reason {
			t.Errorf("%s: Await said %q, Failure %q", name, got, reason)
		}
	}
}

// Without Pipe and FastFile there is nothing to wait for.
func TestAwaitNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if reason, err := w.Await(t.Context(), "job"); reason != "" || err != nil {
		t.Errorf("%q, %v", reason, err)
	}
}
