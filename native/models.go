package native

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// models are those of a multi-model replica (Host-7).
type models struct {
	// room is how many bytes they may take together.
	room int64

	mu     sync.RWMutex
	loaded map[string]*entry
	taken  int64
}

// entry is a model by its name; handler is nil while it is being read.
type entry struct {
	url     string
	handler *handler
}

// description is a model as the contract describes it.
type description struct {
	Name string `json:"modelName"`
	URL  string `json:"modelUrl"`
}

func newModels(room int64) *models { return &models{room: room, loaded: map[string]*entry{}} }

func (m *models) routes(mux *http.ServeMux, s *server) {
	mux.HandleFunc("POST /models", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name string `json:"model_name"`
			URL  string `json:"url"`
		}
		body, err := s.body(w, r, nil)
		if err == nil && json.Unmarshal(body, &in) != nil || err == nil && (in.Name == "" || in.URL == "") {
			err = bad(`The request must be {"model_name": "…", "url": "…"}.`)
		}
		if err == nil {
			err = m.load(in.Name, in.URL)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		replyJSON(w, description{in.Name, in.URL})
	})
	mux.HandleFunc("GET /models", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.Atoi(r.FormValue("limit"))
		if err != nil || limit < 1 || limit > 1000 {
			limit = 100
		}
		list, next := m.list(r.FormValue("next_page_token"), limit)
		out := map[string]any{"models": list}
		if next != "" {
			out["nextPageToken"] = next
		}
		replyJSON(w, out)
	})
	mux.HandleFunc("GET /models/{name}", m.with(s, func(w http.ResponseWriter, r *http.Request, name string, e *entry) {
		replyJSON(w, description{name, e.url})
	}))
	mux.HandleFunc("DELETE /models/{name}", m.with(s, func(w http.ResponseWriter, r *http.Request, name string, e *entry) {
		m.drop(name, e)
		replyJSON(w, description{name, e.url})
	}))
	mux.HandleFunc("POST /models/{name}/invoke", m.with(s, func(w http.ResponseWriter, r *http.Request, _ string, e *entry) {
		s.invoke(w, r, e.handler)
	}))
}

func replyJSON(w http.ResponseWriter, content any) {
	text, err := json.Marshal(content)
	if err != nil {
		reply(w, http.StatusInternalServerError, plainText, []byte(err.Error()))
		return
	}
	reply(w, http.StatusOK, inJSON, text)
}

// with finds the model of a path.
func (m *models) with(s *server, do func(http.ResponseWriter, *http.Request, string, *entry)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		m.mu.RLock()
		e := m.loaded[name]
		m.mu.RUnlock()
		if e == nil || e.handler == nil {
			s.fail(w, r, refuse(http.StatusNotFound, "The model %.200q is not loaded.", name))
			return
		}
		do(w, r, name, e)
	}
}

// load reads a model's directory. Requests to the models that are there go on
// meanwhile.
func (m *models) load(name, dir string) error {
	m.mu.Lock()
	if m.loaded[name] != nil {
		m.mu.Unlock()
		return refuse(http.StatusConflict, "The model %.200q is loaded already.", name)
	}
	m.loaded[name] = &entry{url: dir}
	m.mu.Unlock()
	h, err := open(place(dir))
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && m.taken+h.size() > m.room {
		err = refuse(http.StatusInsufficientStorage, "The model %.200q takes %d bytes; %d of %d are taken. Unload others first.", name, h.size(), m.taken, m.room)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = refuse(http.StatusNotFound, "There is no model in %s: %v.", dir, err)
	} else if err != nil {
		err = bad("The model %.200q cannot be served: %v.", name, err)
	}
	if err != nil {
		delete(m.loaded, name)
		return err
	}
	m.taken += h.size()
	m.loaded[name] = &entry{dir, h}
	return nil
}

// place is where a directory of the contract is, for a program that has /opt/ml
// elsewhere.
func place(dir string) string {
	base := os.Getenv("SAGEMAKER_BASE_DIR")
	if rest, ok := strings.CutPrefix(dir, "/opt/ml/"); ok && base != "" {
		return filepath.Join(base, rest)
	}
	return dir
}

// drop forgets a model; requests that it is answering come to their end.
func (m *models) drop(name string, e *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loaded[name] == e {
		delete(m.loaded, name)
		m.taken -= e.handler.size()
	}
}

// list is a page of the models after a name, and the last name if there are more.
func (m *models) list(after string, limit int) (page []description, next string) {
	page = []description{}
	m.mu.RLock()
	for name, e := range m.loaded {
		if name > after && e.handler != nil {
			page = append(page, description{name, e.url})
		}
	}
	m.mu.RUnlock()
	slices.SortFunc(page, func(a, b description) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].Name
	}
	return page, next
}
