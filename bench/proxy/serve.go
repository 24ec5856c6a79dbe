package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/wire"
)

// container serves a trivial model on a socket, and on a port for whoever asks it alone.
func container(socket string) error {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		rest, long := bytes.CutPrefix(body, []byte(`{"mb":`))
		if !long {
			_, _ = io.WriteString(w, `{"predictions":[0.5]}`)
			return
		}
		n, _ := strconv.Atoi(string(bytes.TrimSuffix(rest, []byte("}"))))
		w.Header().Set("Content-Length", strconv.Itoa(n<<20))
		part := make([]byte, 1<<16)
		for range n << 4 {
			_, _ = w.Write(part)
		}
	})
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o777); err != nil {
		return err
	}
	go func() { _ = http.Serve(l, h) }()
	return listen(h)
}

// front is our side: a wire server with a fixed table.
func front(socket string) error {
	debug.SetGCPercent(200) // as sagebrush serve does
	server := wire.NewServer(wire.Options{Registry: prometheus.NewRegistry(), Lookup: func(_ context.Context, id, _ string) (sigv4.Secret, error) {
		if id != creds.AccessKeyID {
			return sigv4.Secret{}, aws.Errorf(aws.UnrecognizedClientException, "The security token included in the request is invalid.")
		}
		return sigv4.Secret{SecretAccessKey: creds.SecretAccessKey, Caller: aws.Caller{Scope: aws.Scope{Account: harness.Account}}}, nil
	}})
	records, err := os.Create(socket + ".jsonl")
	if err != nil {
		return err
	}
	p := proxy.New(proxy.Options{Capture: lines{records}})
	if err := errors.Join(server.Mount(sagemakerruntime.Service), p.Mount(server)); err != nil {
		return err
	}
	dial := func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	variant := func(name string, weight float64) *proxy.Variant {
		v := &proxy.Variant{Name: name, Weight: weight, Routing: proxy.LeastOutstanding}
		for _, id := range []string{"one", "two"} {
			v.Instances = append(v.Instances, proxy.NewInstance(id, name+"/"+id, proxy.Container{Dial: dial}))
		}
		return v
	}
	p.Table().Set(proxy.Key{Scope: aws.Scope{Account: harness.Account, Region: harness.Region}, Name: "bench"}, &proxy.Endpoint{
		Production: []*proxy.Variant{variant("blue", 9), variant("green", 1)},
		Capture:    &proxy.Capture{Percentage: 1, Input: true, Output: true, JSON: []string{"application/json"}}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return edge.New(edge.Options{Handler: server, Fast: server.IsDirect}).Serve(l) // as sagebrush serve does
}

// lines is where captured data goes.
type lines struct{ io.Writer }

// Capture implements proxy.CaptureSink.
func (l lines) Capture(c proxy.Captured) { _, _ = l.Write(c.Line) }

// listen serves h on a free port, whose address it prints.
func listen(h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return wire.HTTPServer(h).Serve(l)
}
