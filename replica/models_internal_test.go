package replica

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
)

// bucket has the models whose names do not begin with "no".
type bucket struct {
	mu      sync.Mutex
	brought []string
	slow    chan bool // what a download waits for, nil for nothing
}

func (b *bucket) Bring(_ context.Context, _ aws.Scope, from modeldata.Source, dir string) error {
	name := strings.TrimPrefix(from.URI, "s3://b/models/")
	b.mu.Lock()
	b.brought = append(b.brought, name)
	slow := b.slow
	b.mu.Unlock()
	if slow != nil {
		<-slow
	}
	if strings.HasPrefix(name, "no") {
		return aws.Invalid("There is no object %s.", from.URI)
	}
	return os.MkdirAll(dir, 0o755)
}

// container is the model server of a replica, with room for so many models.
type container struct {
	t      *testing.T
	mu     sync.Mutex
	room   int
	loaded map[string]string
	loads  int
	// base is where /opt/ml is.
	base string
}

func (c *container) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case r.Method == http.MethodPost:
		var in struct {
			Name string `json:"model_name"`
			URL  string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			c.t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(c.base, strings.TrimPrefix(in.URL, "/opt/ml/"))); err != nil {
			c.t.Errorf("the model is not there: %v", err)
		}
		switch {
		case c.room < 0:
			http.Error(w, "it is broken", http.StatusInternalServerError)
		case c.loaded[in.Name] != "":
			http.Error(w, "again", http.StatusConflict)
		case len(c.loaded) >= c.room:
			http.Error(w, "full", http.StatusInsufficientStorage)
		default:
			c.loaded[in.Name] = in.URL
			c.loads++
		}
	case r.Method == http.MethodDelete:
		delete(c.loaded, strings.TrimPrefix(r.URL.Path, "/models/"))
	default:
		list := []map[string]string{}
		for name := range c.loaded {
			list = append(list, map[string]string{"modelName": name})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"models": list})
	}
}

func (c *container) names() (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.loaded {
		names = append(names, name)
	}
	return names
}

// many is the models of a replica with that container.
func many(t *testing.T, room int) (*Models, *container, *bucket) {
	t.Helper()
	b := &bucket{}
	spec := Spec{Programs: Programs{Name: "r", Dir: t.TempDir()}, Download: time.Minute}
	j := &job{Spec: spec, m: &Machine{Data: b, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))},
		containers: []Container{{Hostname: "c", MultiModel: true, Data: &modeldata.Source{URI: "s3://b/models/", Prefix: true}}}, dials: []*dial{{}}}
	c := &container{t: t, room: room, loaded: map[string]string{}, base: j.containerDir(0)}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	s := j.newModels()
	s.life = t.Context()
	s.client = &http.Client{Transport: redirect{server.URL}}
	return s, c, b
}

// redirect sends everything to one server.
type redirect struct{ url string }

func (d redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	fresh, err := http.NewRequestWithContext(r.Context(), r.Method, d.url+r.URL.RequestURI(), r.Body)
	if err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(fresh)
}

func enter(t *testing.T, s *Models, target string) {
	t.Helper()
	at, err := s.Enter(t.Context(), target)
	if err != nil || at != "/models/"+nameOf(target)+"/invoke" {
		t.Fatalf("%s: %q, %v", target, at, err)
	}
}

// Host-7: models are loaded once; where there is no room, the one that was not asked
// for the longest goes, unless it is being asked.
func TestLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	s, c, b := many(t, 2)
	for _, target := range []string{"a.tar.gz", "b.tar.gz", "a.tar.gz"} {
		enter(t, s, target)
		s.Leave(target)
	}
	if c.loads != 2 || len(b.brought) != 2 {
		t.Errorf("%d loads, %v", c.loads, b.brought)
	}
	enter(t, s, "b.tar.gz") // it is being asked, so that a has to go
	enter(t, s, "c.tar.gz")
	if got := c.names(); len(got) != 2 || slices.Contains(got, nameOf("a.tar.gz")) {
		t.Errorf("%v", got)
	}
	if _, err := os.Stat(filepath.Join(c.base, "models", nameOf("a.tar.gz"))); !os.IsNotExist(err) {
		t.Errorf("a model that went is on the disk: %v", err)
	}
	_, err := s.Enter(t.Context(), "d.tar.gz") // both are being asked
	if aws.CodeOf(err) != aws.ModelError || !strings.Contains(err.Error(), "status 507") {
		t.Errorf("%v", err)
	}
	s.Leave("b.tar.gz")
	enter(t, s, "d.tar.gz")
}

// DescModel-10: a model that is not to be cached goes when it has answered.
func TestUncached(t *testing.T) {
	t.Parallel()
	s, c, _ := many(t, 2)
	s.j.containers[0].Uncached = true
	for k := range 3 {
		enter(t, s, "a")
		s.Leave("a")
		enter(t, s, "b")
		s.Leave("b")
		for end := time.Now().Add(time.Minute); len(c.names()) > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("round %d: %v stay", k, c.names())
			}
		}
	}
}

// InvokeEndpoint-2: what is not there, is not beneath the prefix or is not taken.
func TestNoModel(t *testing.T) {
	t.Parallel()
	s, c, b := many(t, 2)
	for _, target := range []string{"none.tar.gz", "../a", "a/../../b", "a//b", "", "./a"} {
		if _, err := s.Enter(t.Context(), target); aws.CodeOf(err) != aws.ValidationError {
			t.Errorf("%s: %v", target, err)
		}
	}
	if len(b.brought) != 1 {
		t.Errorf("%v", b.brought)
	}
	c.room = -1
	if _, err := s.Enter(t.Context(), "a"); aws.CodeOf(err) != aws.ModelError || !strings.Contains(err.Error(), "it is broken") {
		t.Errorf("%v", err)
	}
	c.room = 2
	enter(t, s, "a") // the next request tries again
}

// Requests for a model that is being loaded wait for the one load; a client that is
// gone does not end it.
func TestOneLoad(t *testing.T) {
	t.Parallel()
	s, c, b := many(t, 2)
	b.slow = make(chan bool)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := s.Enter(ctx, "a")
		gone <- err
	}()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := s.Enter(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			s.Leave("a")
		})
	}
	cancel()
	if err := <-gone; err != context.Canceled {
		t.Errorf("%v", err)
	}
	close(b.slow)
	all.Wait()
	if c.loads != 1 {
		t.Errorf("%d loads", c.loads)
	}
}

// A server that comes back finds a container that is full of models, and takes out
// those that nobody asks for.
func TestModelsOfBefore(t *testing.T) {
	t.Parallel()
	s, c, _ := many(t, 2)
	c.loaded[nameOf("a")], c.loaded["unknown"] = "x", "y"
	enter(t, s, "a")
	enter(t, s, "b")
	if got := c.names(); len(got) != 2 || slices.Contains(got, "unknown") {
		t.Errorf("%v", got)
	}
}

// However many ask for whatever at once, everybody is answered, and the container
// has no more models than it has room for; one that it has lost is loaded again.
func TestManyModels(t *testing.T) {
	t.Parallel()
	s, c, _ := many(t, 5)
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(k), 1))
			for range 200 {
				target := fmt.Sprint("m", r.IntN(12))
				if _, err := s.Enter(t.Context(), target); err != nil {
					t.Errorf("%v", err)
					return
				}
				if r.IntN(10) == 0 {
					s.Lost(target)
				}
				s.Leave(target)
			}
		})
	}
	all.Wait()
	if n := len(c.names()); n > 5 {
		t.Errorf("%d models", n)
	}
}
