package asyncinference

import (
	"fmt"
	"io"
	"net/http"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	runtime "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/proxy"
)

// shout answers in capitals, and says what it was told.
func shout(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %s %s", strings.ToUpper(string(body)), r.Header.Get("Content-Type"), r.Header.Get("X-Amzn-SageMaker-Custom-Attributes"))
}

// Async-1, Async-2: the answer is where the call said, and the topic hears of it.
// covers: sagemakerruntime.InvokeEndpointAsync
func TestAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.endpoint("e", 2, shout)
		out := b.ask("e", b.input("in/a", "hello"), func(in *runtime.InvokeEndpointAsyncInput) {
			in.InferenceId, in.CustomAttributes = aws.Ptr("my/../id"), aws.Ptr("c=1")
		})
		if *out.InferenceId != "my/../id" || !strings.HasPrefix(*out.OutputLocation, "s3://data/out/") || !strings.HasSuffix(*out.OutputLocation, ".out") ||
			!strings.HasPrefix(*out.FailureLocation, "s3://data/failed/") || !strings.HasSuffix(*out.FailureLocation, "-error.out") {
			t.Fatalf("it is accepted as %s, %s, %s", *out.InferenceId, *out.OutputLocation, *out.FailureLocation)
		}
		n := b.end(out)
		if n.topic != "good" || n.Status != "Completed" || n.Response == nil || n.Response.OutputLocation != *out.OutputLocation || n.Request.ContentType != "text/csv" ||
			n.Request.InputLocation != "s3://data/in/a" || n.Request.Endpoint != "e" || n.Name != "InferenceResult" || n.Body != nil || n.FailureReason != "" {
			t.Errorf("the topic is told %s", n.message)
		}
		if text, kind, ok := b.read(*out.OutputLocation); !ok || text != "HELLO text/csv c=1" || kind != "text/plain" {
			t.Errorf("the answer is %q (%s)", text, kind)
		}
		if _, _, ok := b.read(*out.FailureLocation); ok {
			t.Error("there is a failure, too")
		}
		b.until("nothing is left", func() bool { return b.left() == 0 })
		generated := b.ask("e", "s3://data/in/a")
		if !strings.Contains(*generated.OutputLocation, *generated.InferenceId) {
			t.Errorf("the object of %s is %s", *generated.InferenceId, *generated.OutputLocation)
		}
		b.end(generated)
	})
}

// Async-1: what cannot be accepted is refused at once, with the runtime's own code.
func TestRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.endpoint("e", 1, shout)
		b.endpoint("sync", 1, shout).Config = nil
		b.endpoint("new", 1, shout).Refuses = "Endpoint new is not serving: it is Creating."
		for want, in := range map[string]*runtime.InvokeEndpointAsyncInput{
			"nope of account 123456789012 not found": {EndpointName: aws.Ptr("nope"), InputLocation: aws.Ptr("s3://data/a")},
			"call InvokeEndpoint":                    {EndpointName: aws.Ptr("sync"), InputLocation: aws.Ptr("s3://data/a")},
			"is Creating":                            {EndpointName: aws.Ptr("new"), InputLocation: aws.Ptr("s3://data/a")},
			"https://data/a":                         {EndpointName: aws.Ptr("e"), InputLocation: aws.Ptr("https://data/a")},
			"of the form":                            {EndpointName: aws.Ptr("e"), InputLocation: aws.Ptr("s3://data")},
		} {
			if _, err := b.InvokeEndpointAsync(b.ctx, in); aws.CodeOf(err) != aws.ValidationError || !strings.Contains(err.Error(), want) {
				t.Errorf("refused with %v, want %q", err, want)
			}
		}
		stranger := aws.WithCaller(b.ctx, aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		if _, err := b.InvokeEndpointAsync(stranger, &runtime.InvokeEndpointAsyncInput{EndpointName: aws.Ptr("e"), InputLocation: aws.Ptr("s3://data/a")}); aws.CodeOf(err) != aws.ValidationError {
			t.Errorf("another account is answered %v", err)
		}
		b.Service.Quotas = kit.Quotas{"async-requests": 2}
		b.proxy.Table().Remove(proxy.Key{Scope: home, Name: "e"})
		b.ask("e", "s3://data/a")
		b.ask("e", "s3://data/a")
		if _, err := b.InvokeEndpointAsync(b.ctx, &runtime.InvokeEndpointAsyncInput{EndpointName: aws.Ptr("e"), InputLocation: aws.Ptr("s3://data/a")}); aws.CodeOf(err) != aws.ThrottlingException {
			t.Errorf("a full queue answers %v", err)
		}
	})
}

// Async-1, InvokeEndpoint-2: what cannot be answered ends as an object and a
// notification that say why, and only there.
func TestFailures(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		var crashes atomic.Int64
		b.endpoint("e", 4, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			switch string(body) {
			case "500":
				http.Error(w, "I do not like it", http.StatusInternalServerError)
			case "slow":
				<-r.Context().Done()
			case "die":
				crashes.Add(1)
				panic(http.ErrAbortHandler)
			case "half":
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, "half")
				panic(http.ErrAbortHandler)
			case "garbage":
				conn, _, _ := http.NewResponseController(w).Hijack()
				_, _ = io.WriteString(conn, "HTTP/9 what\r\n\r\n")
				_ = conn.Close()
			}
		})
		if _, err := b.objects.Put(b.ctx, "strange", "a", strings.NewReader("theirs"), blobOptions(6)); err != nil {
			t.Fatal(err)
		}
		cases := map[string]struct{ location, reason, object string }{
			"missing":        {"s3://data/nothing", "no such object", "no such object"},
			"bucket missing": {"s3://nowhere/nothing", "no bucket nowhere", "out of reach"},
			"not theirs":     {"s3://strange/a", "no bucket strange", "out of reach"},
			"model":          {b.input("500", "500"), "server error (500)", "I do not like it"},
			"slow":           {b.input("slow", "slow"), "timed out", "timed out"},
			"dies":           {b.input("die", "die"), "crashed", "crashed"},
			"half":           {b.input("half", "half"), "crashed", "crashed"},
			"garbage":        {b.input("garbage", "garbage"), "not valid HTTP", "not valid HTTP"},
		}
		asked := map[string]*runtime.InvokeEndpointAsyncOutput{}
		for name, c := range cases {
			asked[name] = b.ask("e", c.location, func(in *runtime.InvokeEndpointAsyncInput) {
				if name == "slow" {
					in.InvocationTimeoutSeconds = aws.Ptr[int32](1)
				}
			})
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				out := asked[name]
				n := b.end(out)
				if n.topic != "bad" || n.Status != "Failed" || !strings.Contains(n.FailureReason, c.reason) {
					t.Errorf("the topic is told %s", n.message)
				}
				if text, _, ok := b.read(*out.FailureLocation); !ok || !strings.Contains(text, c.object) {
					t.Errorf("the failure is %q", text)
				}
				if text, _, ok := b.read(*out.OutputLocation); ok {
					t.Errorf("there is an answer, too: %q", text)
				}
			})
		}
		if n := crashes.Load(); n != maxCrashes {
			t.Errorf("a request that crashes containers was tried %d times, want %d", n, maxCrashes)
		}
	})
}

// Async-2: each instance gets as many requests at a time as the configuration says,
// the oldest first.
func TestOrder(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		var mu sync.Mutex
		var seen []string
		now, most := 0, 0
		h := func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			seen = append(seen, string(body))
			now++
			most = max(most, now)
			mu.Unlock()
			goruntime.Gosched()
			mu.Lock()
			now--
			mu.Unlock()
		}
		b.endpoint("e", 1)
		var all []*runtime.InvokeEndpointAsyncOutput
		for i := range 30 {
			all = append(all, b.ask("e", b.input(fmt.Sprint(i), fmt.Sprintf("%02d", i))))
		}
		b.route("e", 1, h)
		for _, out := range all {
			b.end(out)
		}
		for i, s := range seen {
			if s != fmt.Sprintf("%02d", i) {
				t.Fatalf("the order was %v", seen)
			}
		}
		if most != 1 || len(seen) != 30 {
			t.Errorf("%d at a time, %d in all", most, len(seen))
		}
	})
}

// Async-1, Async-2: a request that nobody could begin in its time expires, and says so.
func TestExpires(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.endpoint("e", 1) // without instances
		out := b.ask("e", b.input("a", "a"), func(in *runtime.InvokeEndpointAsyncInput) { in.RequestTTLSeconds = aws.Ptr[int32](60) })
		stays := b.ask("e", "s3://data/a")
		b.stop()
		b.known.mu.Lock()
		b.known.later = time.Minute + time.Second
		b.known.mu.Unlock()
		storeClock(b)
		b.serve()
		n := b.end(out)
		if n.topic != "bad" || n.Status != "Expired" || !strings.Contains(n.FailureReason, "RequestTTLSeconds") {
			t.Errorf("the topic is told %s", n.message)
		}
		if text, _, ok := b.read(*out.FailureLocation); !ok || !strings.Contains(text, "expired") {
			t.Errorf("the failure is %q", text)
		}
		b.route("e", 1, shout)
		if n := b.end(stays); n.Status != "Completed" {
			t.Errorf("the other one is told as %s", n.message)
		}
	})
}

// DeleteEndpoint-1: what waits for an endpoint that is deleted fails, also when another
// of its name has come.
func TestDeletedEndpoints(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.endpoint("e", 1)
		out := b.ask("e", b.input("a", "a"))
		b.endpoint("e", 1, shout) // a new one
		if n := b.end(out); n.Status != "Failed" || !strings.Contains(n.FailureReason, "deleted") {
			t.Errorf("the topic is told %s", n.message)
		}
		if n := b.end(b.ask("e", "s3://data/a")); n.Status != "Completed" {
			t.Errorf("the new endpoint's request is told as %s", n.message)
		}
	})
}

// Async-2: the response is in the notifications that are to have it, up to 128 KB.
func TestAnswersInNotifications(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		e := b.endpoint("e", 1, func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); string(body) == "fail" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, "no")
			} else {
				_, _ = w.Write(body)
			}
		})
		e.Config.OutputConfig.S3OutputPath, e.Config.OutputConfig.S3FailurePath = nil, nil
		e.Config.OutputConfig.NotificationConfig.IncludeInferenceResponseIn = []sagemaker.AsyncNotificationTopicTypes{"SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"}
		for in, want := range map[string]responseBody{"hello": {"hello", "UTF8"}, "\xff\x00": {"/wA=", "BASE64"}, "fail": {"no", "UTF8"}} {
			out := b.ask("e", b.input("in", in))
			if out.OutputLocation != nil || out.FailureLocation != nil {
				t.Fatalf("there are locations: %v, %v", out.OutputLocation, out.FailureLocation)
			}
			if n := b.end(out); n.Body == nil || *n.Body != want {
				t.Errorf("%q is told as %s", in, n.message)
			}
		}
		if n := b.end(b.ask("e", b.input("in", strings.Repeat("x", maxNotified+1)))); n.Status != "Failed" || !strings.Contains(n.FailureReason, "no S3OutputPath") {
			t.Errorf("an answer with nowhere to go is told as %.200s", n.message)
		}
		e.Config.OutputConfig.S3OutputPath = aws.Ptr("s3://data/out")
		if n := b.end(b.ask("e", b.input("in", strings.Repeat("x", maxNotified+1)))); n.Status != "Completed" || n.Body != nil {
			t.Errorf("a long answer is told as %.200s", n.message)
		}
	})
}
