package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire"
)

// swallow is an S3 that says how reading the body ended.
func swallow(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	fmt.Fprintf(w, "%d bytes, late %t", n, errors.Is(err, os.ErrDeadlineExceeded))
}

// Uploads may take as long as they like, if only something arrives now and then.
func TestUploadsMayBeSlowButNotPause(t *testing.T) {
	t.Parallel()
	const limit = 500 * time.Millisecond
	b := setup(t, func(o *wire.Options) {
		o.BodyTimeout = limit
		o.S3 = http.HandlerFunc(swallow)
	})
	upload := func(body io.Reader) string {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, b.url+"/bucket/key", body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		if got, want := upload(&drip{left: 15, every: limit / 10}), "15 bytes, late false"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("pausing", func(t *testing.T) {
		t.Parallel()
		body := make(slowBody)
		t.Cleanup(func() { close(body) })
		if got, want := upload(io.MultiReader(strings.NewReader("some"), body)), "4 bytes, late true"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// drip is a body of single bytes.
type drip struct {
	left  int
	every time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	d.left--
	time.Sleep(d.every) // the point of it
	p[0] = 'x'
	return 1, nil
}

// A full disk is nothing to hide: people can do something about it.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	a := setup(t).send(t, describe("full"))
	if a.status != http.StatusServiceUnavailable || a.header.Get("X-Amzn-Errortype") != string(aws.ServiceUnavailable) || !strings.Contains(a.body, "disk is full") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}
