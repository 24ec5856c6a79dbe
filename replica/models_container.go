package replica

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// maxSaid bounds what is read of a container's answers about models, in bytes.
const maxSaid = 1 << 20

// place has the container load a model. When it has no room, others are taken out
// until it has.
func (s *Models) place(ctx context.Context, target string, m *model) error {
	for {
		status, said, err := s.call(ctx, http.MethodPost, "/models", map[string]string{"model_name": m.name, "url": "/opt/ml/models/" + m.name + "/model"})
		switch {
		case err != nil:
			return fmt.Errorf("replica: loading a model: %w", err)
		case status == http.StatusOK, status == http.StatusConflict: // it knows it, from before this server was started
			return nil
		case status == http.StatusInsufficientStorage:
			made, err := s.makeRoom(ctx)
			if err != nil {
				return err
			}
			if made {
				continue
			}
		}
		_ = os.RemoveAll(s.dir(m))
		return s.refused(target, status, said)
	}
}

// refused is what the client is told of a model that the container does not take.
func (s *Models) refused(target string, status int, said []byte) error {
	text := strings.TrimSpace(string(said))
	return &aws.Error{
		Code:    aws.ModelError,
		Message: fmt.Sprintf("The model %s could not be loaded: the container answered status %d with message \"%.1000s\".", target, status, text),
		Details: map[string]any{"OriginalStatusCode": status, "OriginalMessage": fmt.Sprintf("%.2000s", text)},
	}
}

// makeRoom takes out the model that was not asked for the longest and is not being
// asked now; without one it takes one out that an earlier server had loaded.
func (s *Models) makeRoom(ctx context.Context) (bool, error) {
	s.mu.Lock()
	var oldest *model
	target := ""
	for t, m := range s.loaded {
		if isDone(m.ready) && m.users == 0 && m.leaving == nil && (oldest == nil || m.used.Before(oldest.used)) {
			oldest, target = m, t
		}
	}
	if oldest != nil {
		oldest.leaving = make(chan struct{})
	}
	s.mu.Unlock()
	if oldest != nil {
		return true, s.unload(ctx, target, oldest)
	}
	return s.dropUnknown(ctx)
}

// unload takes a model that is leaving out of the container and off the disk.
func (s *Models) unload(ctx context.Context, target string, m *model) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := s.delete(ctx, m.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded[target] == m {
		delete(s.loaded, target)
	}
	close(m.leaving)
	return err
}

func (s *Models) delete(ctx context.Context, name string) error {
	status, said, err := s.call(ctx, http.MethodDelete, "/models/"+url.PathEscape(name), nil)
	if err == nil && status != http.StatusOK && status != http.StatusNotFound {
		err = fmt.Errorf("replica: the container answered %d to the removal of a model: %.200s", status, said)
	}
	if err != nil {
		return err
	}
	return os.RemoveAll(s.dir(&model{name: name}))
}

// dropUnknown takes out a model that the container has and nobody here knows.
func (s *Models) dropUnknown(ctx context.Context) (bool, error) {
	status, said, err := s.call(ctx, http.MethodGet, "/models", nil)
	if err != nil {
		return false, err
	}
	var list struct {
		Models []struct {
			Name string `json:"modelName"`
		} `json:"models"`
	}
	if status != http.StatusOK || json.Unmarshal(said, &list) != nil {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]bool{}
	for _, m := range s.loaded {
		known[m.name] = true
	}
	for _, m := range list.Models {
		if known[m.Name] || s.dropped[m.Name] != nil {
			continue
		}
		out := make(chan struct{})
		s.dropped[m.Name] = out
		s.mu.Unlock()
		err := s.delete(ctx, m.Name)
		s.mu.Lock()
		delete(s.dropped, m.Name)
		close(out)
		return true, err
	}
	return false, nil
}

// call asks the container about its models.
func (s *Models) call(ctx context.Context, method, at string, content any) (status int, said []byte, err error) {
	var body io.Reader
	if content != nil {
		text, err := json.Marshal(content)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://container"+at, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	said, err = io.ReadAll(io.LimitReader(res.Body, maxSaid))
	return res.StatusCode, said, err
}
