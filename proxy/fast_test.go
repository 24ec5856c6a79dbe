package proxy_test

import (
	"testing"

	api "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/wire"
)

// The requests of the data path, and no others, are for wire/http1.
func TestDirect(t *testing.T) {
	t.Parallel()
	server := wire.NewServer(wire.Options{})
	if err := server.Mount(api.Service); err != nil {
		t.Fatal(err)
	}
	p := proxy.New(proxy.Options{})
	t.Cleanup(p.Close)
	if err := p.Mount(server); err != nil {
		t.Fatal(err)
	}
	for request, want := range map[[2]string]bool{
		{"POST", "/endpoints/shop/invocations"}:                 true,
		{"POST", "/endpoints/shop/invocations-response-stream"}: true,
		{"GET", "/endpoints/shop/invocations"}:                  false,
		{"POST", "/endpoints/shop/invocation"}:                  false,
		{"POST", "/endpoints//invocations"}:                     false,
		{"POST", "/endpoints/invocations"}:                      false,
		{"POST", "/endpoints/a/b/invocations"}:                  false,
		{"POST", "/"}:                                           false,
	} {
		if got := server.IsDirect(request[0], request[1]); got != want {
			t.Errorf("%v: %t", request, got)
		}
	}
}
