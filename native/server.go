package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
)

const plainText = "text/plain; charset=utf-8"

// server answers HTTP for one model, or for many.
type server struct {
	one     *handler // nil where there are many
	many    *models
	maxBody int64
	log     io.Writer
}

// routes are what the server answers.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, inJSON, nil) })
	mux.HandleFunc("GET /execution-parameters", s.parameters)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusNotFound, "text/plain", []byte("no such path\n"))
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, refuse(http.StatusNotFound, "no such path"))
	})
	if s.many != nil {
		s.many.routes(mux, s)
		return mux
	}
	mux.HandleFunc("POST /invocations", func(w http.ResponseWriter, r *http.Request) { s.invoke(w, r, s.one) })
	return mux
}

func (s *server) parameters(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, inJSON, fmt.Appendf(nil, `{"MaxConcurrentTransforms": %d, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": %d}`,
		runtime.GOMAXPROCS(0), s.maxBody>>20))
}

// invoke answers an invocation of a model.
func (s *server) invoke(w http.ResponseWriter, r *http.Request, h *handler) {
	room := h.enter()
	defer h.leave(room)
	var err error
	if room.body, err = s.body(w, r, room.body[:0]); err != nil {
		s.fail(w, r, err)
		return
	}
	if len(bytes.TrimSpace(room.body)) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	content, kind, err := h.answer(room, r.Header.Get("Content-Type"), r.Header.Get("Accept"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	reply(w, http.StatusOK, kind, content)
}

// body reads a request's body.
func (s *server) body(w http.ResponseWriter, r *http.Request, into []byte) ([]byte, error) {
	tooLarge := refuse(http.StatusRequestEntityTooLarge, "The body is over %d bytes.", s.maxBody)
	if r.ContentLength > s.maxBody {
		// Most clients read the answer only when they have sent what they have.
		_, _ = io.CopyN(io.Discard, r.Body, min(r.ContentLength, discard))
		return into, tooLarge
	}
	if n := int(r.ContentLength); n >= 0 {
		into = slices.Grow(into, n)[:n]
		if _, err := io.ReadFull(r.Body, into); err != nil {
			return into, bad("The body ends before its time.")
		}
		return into, nil
	}
	buffer := bytes.NewBuffer(into)
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, s.maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return buffer.Bytes(), tooLarge
	case err != nil:
		return buffer.Bytes(), bad("The chunked body is broken.")
	}
	return buffer.Bytes(), nil
}

// discard is how much of a body that is refused is read all the same.
const discard = 64 << 20

// fail answers what is wrong, and notes it in the log.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	var known *refusal
	if errors.As(err, &known) {
		status = known.status
	}
	fmt.Fprintf(s.log, "%s %s %d %v\n", r.Method, r.URL.Path, status, err)
	reply(w, status, plainText, []byte(err.Error()+"\n"))
}

func reply(w http.ResponseWriter, status int, kind string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	_, _ = w.Write(content) // a client that is gone needs no answer
}
