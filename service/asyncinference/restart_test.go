package asyncinference

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	runtime "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

func blobOptions(size int64) blob.PutOptions { return blob.PutOptions{Size: size} }

// Async-1: requests that a server left, queued or with their containers, are answered
// by the next one, each once.
func TestRestart(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		var asked atomic.Int64
		hold := make(chan struct{})
		b.endpoint("e", 3, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked.Add(1)
			select {
			case <-hold:
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
			_, _ = w.Write(body)
		})
		var all []*runtime.InvokeEndpointAsyncOutput
		for i := range 10 {
			all = append(all, b.ask("e", b.input(fmt.Sprint(i), fmt.Sprint(i))))
		}
		b.until("some are with the container", func() bool { return asked.Load() == 3 })
		b.stop()
		if n := b.left(); n != 10 {
			t.Fatalf("%d requests are left", n)
		}
		close(hold)
		b.serve()
		for i, out := range all {
			b.end(out)
			if text, _, _ := b.read(*out.OutputLocation); text != fmt.Sprint(i) {
				t.Errorf("the answer of %d is %q", i, text)
			}
		}
		b.until("nothing is left", func() bool { return b.left() == 0 })
		for _, out := range all {
			if told := b.known.of(*out.InferenceId); len(told) != 1 {
				t.Errorf("the topic was told %d times", len(told))
			}
		}
	})
}

// Async-1: a server that died between the answer and the end of a request leaves an
// object; the next one notes the end and asks nobody again.
func TestAnsweredBeforeTheCrash(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		var asked atomic.Int64
		b.endpoint("e", 1)
		good, bad := b.ask("e", b.input("a", "a")), b.ask("e", "s3://data/a")
		b.stop()
		for uri, text := range map[string]string{*good.OutputLocation: "the first answer", *bad.FailureLocation: "the first failure"} {
			_, key, _ := blob.ParseURI(uri)
			if _, err := b.objects.Put(b.ctx, "data", key, strings.NewReader(text), blob.PutOptions{Size: int64(len(text)), Info: blob.Info{ContentType: "text/x"}}); err != nil {
				t.Fatal(err)
			}
		}
		b.route("e", 1, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
		b.serve()
		if n := b.end(good); n.Status != "Completed" || n.Response.ContentType != "text/x" {
			t.Errorf("the topic is told %s", n.message)
		}
		if n := b.end(bad); n.Status != "Failed" || n.FailureReason != "the first failure" {
			t.Errorf("the topic is told %s", n.message)
		}
		if text, _, _ := b.read(*good.OutputLocation); text != "the first answer" || asked.Load() != 0 {
			t.Errorf("the answer is %q, and the model was asked %d times", text, asked.Load())
		}
	})
}

// storeClock has all requests wait for longer, as the database's clock cannot be moved.
func storeClock(b *bench) {
	b.t.Helper()
	err := b.DB.Update(b.ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("update async_request set accepted_at = accepted_at - $1, expires_at = expires_at - $1", b.known.later.Microseconds())
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}
