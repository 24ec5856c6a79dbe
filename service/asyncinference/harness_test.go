package asyncinference

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	runtime "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// known are the endpoints that there are, and what the topics were told.
type known struct {
	mu        sync.Mutex
	endpoints map[string]*Endpoint
	told      []told
	later     time.Duration // added to the clock
}

type told struct {
	topic, message string
	notification
}

func (k *known) AsyncEndpoint(_ *store.Tx, scope aws.Scope, name string) (*Endpoint, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if scope != home {
		return nil, nil
	}
	return k.endpoints[name], nil
}

func (k *known) Notify(tx *store.Tx, _ aws.Scope, topic, message string) error {
	n := told{topic: topic, message: message}
	if err := json.Unmarshal([]byte(message), &n.notification); err != nil {
		return err
	}
	tx.OnCommit(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.told = append(k.told, n)
	})
	return nil
}

func (k *known) Now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Now().Add(k.later)
}

// of are the notifications of one request.
func (k *known) of(id string) (list []told) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range k.told {
		if n.InferenceID == id {
			list = append(list, n)
		}
	}
	return list
}

// containers asks by the real data path.
type containers struct{ *proxy.Proxy }

func (c containers) Capacity(k proxy.Key) (int, int) { return c.Table().Capacity(k) }

// bench is a service with all that it needs.
type bench struct {
	*Service
	t       *testing.T
	ctx     context.Context
	known   *known
	objects blob.Store
	proxy   *proxy.Proxy
	queue   *task.Queue
}

func each(t *testing.T, f func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k := &known{endpoints: map[string]*Endpoint{}}
		objects, err := dir.New(db, t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = objects.Close() })
		b := &bench{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), known: k, objects: objects, proxy: proxy.New(proxy.Options{})}
		t.Cleanup(b.proxy.Close)
		for bucket, account := range map[string]string{"data": home.Account, "strange": "210987654321"} {
			if err := objects.CreateBucket(t.Context(), blob.Bucket{Name: bucket, Account: account, Region: home.Region}); err != nil {
				t.Fatal(err)
			}
		}
		b.Service = &Service{Config: Config{Base: kit.Base{DB: db}, Endpoints: k, Containers: containers{b.proxy}, Objects: objects, Topics: k,
			Logger: slog.New(slog.DiscardHandler), Now: k.Now}}
		b.serve()
		t.Cleanup(func() { _ = b.queue.Stop(context.WithoutCancel(t.Context())) })
		f(b)
	})
}

// serve begins to work on the database, as a server that comes back does.
func (b *bench) serve() {
	b.t.Helper()
	b.queue = task.New(b.DB, task.Options{NodeID: "node"})
	c := b.Config
	c.Tasks = b.queue
	b.Service = New(c)
	if err := b.queue.Start(context.WithoutCancel(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
}

// stop ends the server.
func (b *bench) stop() {
	b.t.Helper()
	if err := b.queue.Stop(b.ctx); err != nil {
		b.t.Fatal(err)
	}
}

// endpoint has as many instances as handlers; each is given most requests at a time.
func (b *bench) endpoint(name string, most int, handlers ...http.HandlerFunc) *Endpoint {
	b.t.Helper()
	e := &Endpoint{CreatedAt: time.Now().UTC(), Config: &sagemaker.AsyncInferenceConfig{OutputConfig: &sagemaker.AsyncInferenceOutputConfig{
		S3OutputPath: aws.Ptr("s3://data/out"), S3FailurePath: aws.Ptr("s3://data/failed/"),
		NotificationConfig: &sagemaker.AsyncInferenceNotificationConfig{SuccessTopic: aws.Ptr("good"), ErrorTopic: aws.Ptr("bad")},
	}}}
	b.known.mu.Lock()
	b.known.endpoints[name] = e
	b.known.mu.Unlock()
	b.route(name, most, handlers...)
	return e
}

// route gives an endpoint its instances.
func (b *bench) route(name string, most int, handlers ...http.HandlerFunc) {
	v := &proxy.Variant{Name: "v", Weight: 1}
	for _, h := range handlers {
		s := httptest.NewServer(h)
		b.t.Cleanup(s.Close)
		v.Instances = append(v.Instances, proxy.NewInstance("i", "", proxy.Container{Dial: func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", s.Listener.Addr().String())
		}}))
	}
	b.proxy.Table().Set(proxy.Key{Scope: home, Name: name}, &proxy.Endpoint{Async: true, Production: []*proxy.Variant{v}, Limits: proxy.Limits{Queue: most}})
}

// input puts an object and answers where it is.
func (b *bench) input(key, content string) string {
	b.t.Helper()
	if _, err := b.objects.Put(b.ctx, "data", key, bytes.NewReader([]byte(content)), blob.PutOptions{Size: int64(len(content))}); err != nil {
		b.t.Fatal(err)
	}
	return "s3://data/" + key
}

// ask sends a request that is accepted.
func (b *bench) ask(endpoint, location string, change ...func(in *runtime.InvokeEndpointAsyncInput)) *runtime.InvokeEndpointAsyncOutput {
	b.t.Helper()
	in := &runtime.InvokeEndpointAsyncInput{EndpointName: &endpoint, InputLocation: &location, ContentType: aws.Ptr("text/csv")}
	for _, c := range change {
		c(in)
	}
	out, err := b.InvokeEndpointAsync(b.ctx, in)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// read is an object, ok false while it is not there.
func (b *bench) read(uri string) (content, kind string, ok bool) {
	b.t.Helper()
	bucket, key, err := blob.ParseURI(uri)
	if err != nil {
		b.t.Fatal(err)
	}
	body, info, err := b.objects.Get(b.ctx, bucket, key, nil)
	if errors.Is(err, blob.ErrNoSuchKey) {
		return "", "", false
	} else if err != nil {
		b.t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text), info.ContentType, true
}

// until waits for ok.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// end waits until a request has ended, and answers what its topic was told.
func (b *bench) end(out *runtime.InvokeEndpointAsyncOutput) told {
	b.t.Helper()
	b.until("the request ends", func() bool { return len(b.known.of(*out.InferenceId)) > 0 })
	return b.known.of(*out.InferenceId)[0]
}

// left counts the requests that have not ended.
func (b *bench) left() (n int) {
	b.t.Helper()
	err := b.DB.View(b.ctx, func(tx *store.Tx) error { return tx.QueryRow("select count(*) from async_request").Scan(&n) })
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}
