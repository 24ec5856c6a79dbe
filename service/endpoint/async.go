package endpoint

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Asynchronous is what the queue of an asynchronous endpoint has to know of it.
type Asynchronous struct {
	CreatedAt time.Time
	// Refuses is why it takes no requests, "" while it does; Over says that it never
	// will again.
	Refuses string
	Over    bool
	// Config is that of what serves, nil where it is asked synchronously.
	Config *sagemaker.AsyncInferenceConfig
}

// Asynchronous is the endpoint of that name as its queue sees it, nil when there is
// none. The answer may be shared: nothing of it may be changed.
func (s *Service) Asynchronous(tx *store.Tx, scope aws.Scope, name string) (*Asynchronous, error) {
	r, err := endpoints.Shared(tx, scope, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("find endpoint %s: %w", name, err)
	}
	out := &Asynchronous{CreatedAt: r.CreatedAt, Over: r.Body.Status == deleting || r.Body.Status == failed}
	if why := notServing(r); why != nil {
		out.Refuses = why.Message
	}
	if r.Body.Fleet != nil {
		out.Config = r.Body.Fleet.Config.AsyncInferenceConfig
	}
	return out, nil
}

// concurrency is how many requests each instance of an asynchronous endpoint is
// given at a time (Async-2). Where the configuration leaves it to us it is the
// number of this machine's processors: each request is work.
func concurrency(c *sagemaker.AsyncInferenceConfig) int {
	if c.ClientConfig != nil && c.ClientConfig.MaxConcurrentInvocationsPerInstance != nil {
		return int(*c.ClientConfig.MaxConcurrentInvocationsPerInstance)
	}
	return max(1, runtime.NumCPU())
}
