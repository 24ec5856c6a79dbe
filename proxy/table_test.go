package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/proxy"
)

// An endpoint that is taken away while it is asked: the request ends where it began,
// and its connection is closed after that.
func TestRemovedUnderWay(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	entered, leave := make(chan bool), make(chan bool)
	gone := make(chan bool)
	i := proxy.NewInstance("0", "", proxy.Container{Dial: watched(b, gone, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "late")
	})})
	b.set(nil, &proxy.Variant{Name: "a", Weight: 1, Instances: []*proxy.Instance{i}})
	answered := make(chan error, 1)
	go func() {
		out, err := b.invoke(nil)
		if err == nil && string(out.Body) != "late" {
			err = fmt.Errorf("it answered %q", out.Body)
		}
		answered <- err
	}()
	<-entered
	b.Table().Remove(key)
	if i.Outstanding() != 1 {
		t.Errorf("%d requests are outstanding", i.Outstanding())
	}
	_, err := b.invoke(nil)
	b.refused(err, "ValidationError", "not found")
	close(leave)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	<-gone
	await(t, func() bool { return i.Outstanding() == 0 })
}

// A kept connection is closed as soon as its endpoint is taken away.
func TestRemovedIdle(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	gone := make(chan bool)
	c := proxy.Container{Dial: watched(b, gone, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })}
	b.set(nil, variant("a", 1, one(c)))
	if _, err := b.invoke(nil); err != nil {
		t.Fatal(err)
	}
	b.Table().Remove(key)
	<-gone
}

// An instance that leaves the table and comes back keeps its connections as
// it did before.
func TestComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	var dials atomic.Int64
	c := b.container("", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	dial := c.Dial
	c.Dial = func(ctx context.Context) (net.Conn, error) {
		dials.Add(1)
		return dial(ctx)
	}
	v := variant("a", 1, one(c))
	b.set(nil, v)
	b.set(nil, variant("a", 1))
	b.set(nil, v)
	for range 100 { // a connection is kept for a moment only, and the machine may be slow
		before := dials.Load()
		if _, err := b.invoke(nil); err != nil {
			t.Fatal(err)
		}
		if dials.Load() == before {
			return
		}
	}
	t.Errorf("no connection is kept: there were %d", dials.Load())
}

// Several endpoints come, change and go while they are asked: a request gets its
// endpoint's answer or hears that there is none.
func TestTableUnderLoad(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	kept := proxy.NewInstance("kept", "", c)
	ctx, cancel := context.WithCancel(t.Context())
	var changes, asks sync.WaitGroup
	for g := range 2 {
		changes.Go(func() {
			k := key
			k.Name = fmt.Sprint("e", g)
			for n := 0; ctx.Err() == nil; n++ {
				b.Table().Set(k, &proxy.Endpoint{Production: []*proxy.Variant{{Name: "a", Weight: 1, Routing: proxy.LeastOutstanding,
					Instances: []*proxy.Instance{kept, proxy.NewInstance(fmt.Sprint(n), "", c)}}}})
				if n%5 == 4 {
					b.Table().Remove(k)
				}
				b.Table().Collect(func(proxy.Key, string, proxy.Measured) {})
			}
		})
		asks.Go(func() {
			for range 200 {
				out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.EndpointName = v2aws.String(fmt.Sprint("e", g)) })
				switch {
				case err != nil:
					b.refused(err, "ValidationError", "not found")
				case string(out.Body) != "hello":
					t.Errorf("%s", out.Body)
				}
			}
		})
	}
	asks.Wait()
	cancel()
	changes.Wait()
	await(t, func() bool { return kept.Outstanding() == 0 })
}
