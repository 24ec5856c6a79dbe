package proxy_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// serverless is a variant whose instances come when add is called.
type serverless struct {
	*bench
	*proxy.Demand
	woken   chan bool
	v       *proxy.Variant
	limit   int
	handler http.HandlerFunc
}

func (b *bench) serverless(limit int, h http.HandlerFunc) *serverless {
	s := &serverless{bench: b, woken: make(chan bool, 1), limit: limit, handler: h, v: &proxy.Variant{Name: "a", Weight: 1}}
	s.Demand = proxy.NewDemand(func() {
		select {
		case s.woken <- true:
		default:
		}
	})
	s.v.Demand = s.Demand
	s.publish()
	return s
}

func (s *serverless) publish() {
	s.Demand.Set(s.limit, s.v.Instances)
	s.set(nil, s.v)
}

// add has one more instance serve.
func (s *serverless) add(c ...proxy.Container) {
	if c == nil {
		c = one(s.container("", s.handler))
	}
	s.v.Instances = append(s.v.Instances, proxy.NewInstance("i", "a/i", c...))
	s.publish()
}

// Serverless-1: a request waits for its instance, has it alone, and gives it to the
// one that waits next; what is above MaxConcurrency is refused.
func TestServerlessRequests(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	var at, most atomic.Int64
	leave := make(chan bool)
	s := b.serverless(3, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		now := at.Add(1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		<-leave
		at.Add(-1)
	})
	if s.Needed() != 0 {
		t.Errorf("%d are needed before there is a request", s.Needed())
	}
	var done sync.WaitGroup
	for range 3 {
		done.Go(func() {
			if _, err := b.invoke(nil); err != nil {
				t.Error(err)
			}
		})
	}
	<-s.woken
	await(t, func() bool { return s.Needed() == 3 })
	_, err := b.invoke(nil)
	b.refused(err, "ThrottlingException", "MaxConcurrency, 3")
	s.add()
	s.add()
	await(t, func() bool { return at.Load() == 2 })
	if s.Idle(s.v.Instances[0], time.Now()) != 0 {
		t.Error("an instance that works is idle")
	}
	for range 3 {
		leave <- true
	}
	done.Wait()
	await(t, func() bool { return s.Needed() == 0 })
	if most.Load() != 2 {
		t.Errorf("%d requests at once on 2 instances", most.Load())
	}
	if i := s.v.Instances[0]; s.Idle(i, time.Now().Add(time.Hour)) < time.Hour || i.Outstanding() != 0 {
		t.Errorf("it has %d requests", i.Outstanding())
	}
}

// The instance that was used last is used again, so that the others idle; one that
// is taken out is given to nobody.
func TestServerlessIdle(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	s := b.serverless(5, func(http.ResponseWriter, *http.Request) {})
	for range 3 {
		s.add()
	}
	begun := time.Now()
	for range 4 {
		if _, err := b.invoke(nil); err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool { return s.Needed() == 0 })
	idle := 0
	for _, i := range s.v.Instances {
		if s.Idle(i, begun) >= 0 { // it was not used after begun
			idle++
		}
	}
	if idle != 2 {
		t.Errorf("%d of 3 have idled through 4 requests", idle)
	}
	gone := s.v.Instances
	s.v.Instances = nil
	s.publish()
	if s.Idle(gone[0], time.Now()) != 0 {
		t.Error("an instance that was taken out idles")
	}
	var got atomic.Bool
	go func() {
		_, err := b.invoke(nil)
		got.Store(err == nil)
	}()
	<-s.woken
	s.add()
	await(t, got.Load)
}

// Requests that wait are told when nothing comes for them: because it cannot be
// started, because it takes too long, or because another variant is there now.
func TestServerlessWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	s := b.serverless(5, func(http.ResponseWriter, *http.Request) {})
	answers := make(chan error)
	ask := func() {
		_, err := b.invoke(nil)
		answers <- err
	}
	go ask()
	<-s.woken
	s.Fail(aws.Errorf(aws.ServiceUnavailable, "it is broken"))
	b.refused(<-answers, "ServiceUnavailable", "it is broken")

	go ask()
	<-s.woken
	other := variant("b", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "b") })))
	b.set(nil, other)
	s.Close()
	if err := <-answers; err != nil {
		t.Error(err)
	}

	late := b.serverless(5, nil)
	b.set(func(e *proxy.Endpoint) { e.Limits.Time = 50 * time.Millisecond }, late.v)
	_, err := b.invoke(nil)
	b.refused(err, "ModelNotReadyException", "was not ready within 50ms")
	if late.Needed() != 0 {
		t.Errorf("%d are needed by nobody", late.Needed())
	}

	b.set(nil, late.v)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan bool)
	go func() {
		_, _ = b.client.InvokeEndpoint(ctx, &runtime.InvokeEndpointInput{EndpointName: v2aws.String(name), Body: []byte("1,2")})
		close(gone)
	}()
	await(t, func() bool { return late.Needed() == 1 })
	cancel()
	<-gone
	await(t, func() bool { return late.Needed() == 0 })
}

// An instance that takes no connections loses its request to the next one.
func TestServerlessRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	s := b.serverless(5, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })
	s.add()
	s.add(b.refusing("")) // it is the last, and so the first to be asked
	out, err := b.invoke(nil)
	if err != nil || !strings.Contains(string(out.Body), "here") {
		t.Fatalf("%v", err)
	}
	s.publish()
	if s.Idle(s.v.Instances[1], time.Now().Add(time.Hour)) != 0 {
		t.Error("it is asked again at once")
	}
	await(t, func() bool { return s.Needed() == 0 })
}
