package replica

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
)

// loadTime is how long a request waits for its model (InvokeEndpoint-2). The model
// goes on being loaded after that.
const loadTime = 60 * time.Second

// Models are those of one replica whose container serves many: brought and loaded
// when a request asks for them, and taken out, the one first that was not asked for
// the longest, when the container has no room for another (Host-7, DescModel-10).
// It is safe for concurrent use.
type Models struct {
	j      *job
	client *http.Client
	// life ends with the replica's driver; loading goes on when a client is gone.
	life context.Context

	mu     sync.Mutex
	loaded map[string]*model // by TargetModel
	// dropped are models of before that are being taken out, by the container's name.
	dropped map[string]chan struct{}
}

// model is one of them.
type model struct {
	name  string // as the container knows it
	ready chan struct{}
	err   error // valid once ready is closed
	users int
	used  time.Time
	// leaving is closed when the model is out of the container; nil while it stays.
	leaving chan struct{}
}

func (j *job) newModels() *Models {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return j.dials[0].dial(ctx) }
	return &Models{j: j, client: &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConns: 4, IdleConnTimeout: time.Minute}}, loaded: map[string]*model{}, dropped: map[string]chan struct{}{}}
}

// Enter answers where the container takes requests for a model, once it is loaded.
// Leave must follow when its error is nil. Errors: ValidationError when there is no
// such model, ModelNotReadyException while it is being loaded, ModelError when the
// container does not take it.
func (s *Models) Enter(ctx context.Context, target string) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	for {
		m, out := s.enter(target)
		if out != nil { // it is on its way out, and comes back after that
			select {
			case <-out:
				continue
			case <-bounded.Done():
			}
		} else {
			select {
			case <-m.ready:
			default: // not before it has been looked at: a hit takes no lock twice
				select {
				case <-m.ready:
				case <-bounded.Done():
				}
			}
			if bounded.Err() == nil || isDone(m.ready) {
				if m.err == nil {
					return "/models/" + m.name + "/invoke", nil
				}
				s.leave(target, m)
				return "", m.err
			}
			s.leave(target, m)
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", aws.Errorf(aws.ModelNotReadyException, "The model %s is being loaded, and was not ready within %v. Try again.", target, loadTime)
	}
}

func isDone(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// enter counts a request for a model, which begins to be loaded if it is not there.
func (s *Models) enter(target string) (m *model, leaving chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m = s.loaded[target]
	if m != nil && m.leaving != nil {
		return nil, m.leaving
	}
	if m == nil {
		m = &model{name: nameOf(target), ready: make(chan struct{})}
		if out := s.dropped[m.name]; out != nil {
			return nil, out
		}
		s.loaded[target] = m
		go s.load(target, m)
	}
	m.users++
	m.used = time.Now()
	return m, nil
}

// nameOf is what the container knows a model by: any text may be a TargetModel.
func nameOf(target string) string {
	sum := sha256.Sum256([]byte(target))
	return hex.EncodeToString(sum[:16])
}

// Leave says that a request for a model has been answered.
func (s *Models) Leave(target string) {
	s.mu.Lock()
	m := s.loaded[target]
	s.mu.Unlock()
	if m != nil {
		s.leave(target, m)
	}
}

func (s *Models) leave(target string, m *model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.users = max(0, m.users-1) // of one that was lost, the count began anew
	if m.users > 0 || s.loaded[target] != m || m.leaving != nil {
		return
	}
	if s.j.containers[0].Uncached && isDone(m.ready) && m.err == nil {
		m.leaving = make(chan struct{})
		go func() {
			if err := s.unload(s.life, target, m); err != nil {
				s.j.m.Logger.Warn("a model could not be unloaded", "replica", s.j.Name, "model", target, "error", err)
			}
		}()
	}
}

// Lost forgets a model that the container does not know any more: the next request
// has it loaded again.
func (s *Models) Lost(target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.loaded[target]; m != nil && isDone(m.ready) && m.leaving == nil {
		delete(s.loaded, target)
	}
}

// load brings a model to the container.
func (s *Models) load(target string, m *model) {
	ctx, cancel := context.WithTimeout(s.life, s.j.Download)
	defer cancel()
	err := s.bring(ctx, target, m)
	if err == nil {
		err = s.place(ctx, target, m)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.err = err; err != nil && s.loaded[target] == m {
		delete(s.loaded, target) // the next request tries again
	}
	close(m.ready)
}

// dir is where a model lies, as this server sees it.
func (s *Models) dir(m *model) string {
	return filepath.Join(s.j.containerDir(0), "models", m.name)
}

// bring has the model's data in place.
func (s *Models) bring(ctx context.Context, target string, m *model) error {
	source, err := sourceOf(*s.j.containers[0].Data, target)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir(m), 0o755); err != nil {
		return err
	}
	err = s.j.m.Data.Bring(ctx, s.j.Scope, source, filepath.Join(s.dir(m), "model"))
	var known *aws.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return aws.Errorf(aws.ValidationError, "Failed to download model data(%s). Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model. %s", source.URI, known.Message)
	case errors.Is(err, context.DeadlineExceeded):
		return aws.Errorf(aws.ModelNotReadyException, "The model data %s was not there within %v.", source.URI, s.j.Download)
	}
	return err
}

// sourceOf is where the data of a model is: beneath that of the container, and
// nowhere else.
func sourceOf(all modeldata.Source, target string) (modeldata.Source, error) {
	parts := strings.Split(strings.TrimSuffix(target, "/"), "/")
	if slices.ContainsFunc(parts, func(p string) bool { return p == "" || p == "." || p == ".." }) {
		return modeldata.Source{}, aws.Errorf(aws.ValidationError, "TargetModel is %q. It names an object beneath the model's ModelDataUrl, such as shop/model.tar.gz.", target)
	}
	source := modeldata.Source{URI: strings.TrimSuffix(all.URI, "/") + "/" + strings.Join(parts, "/")}
	switch {
	case strings.HasSuffix(target, "/"):
		source.URI, source.Prefix = source.URI+"/", true
	case path.Ext(target) == ".gz" || path.Ext(target) == ".tgz":
		source.Gzip = true
	}
	return source, nil
}
