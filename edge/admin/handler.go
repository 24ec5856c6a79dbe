package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/identity"
	"github.com/sagebrush/sagebrush/image"
)

// maxBody bounds requests; the longest of them is a path and a URI.
const maxBody = 64 << 10

// ImageManager is what the commands need of package image.
type ImageManager interface {
	Add(ctx context.Context, uri, dir string) (image.Image, error)
	List(ctx context.Context) ([]image.Registration, error)
	Remove(ctx context.Context, uri string) error
	Resolve(ctx context.Context, uri string) (image.Image, error)
	Prepare(ctx context.Context, img image.Image, progress func(line string)) (image.Program, error)
}

// JobManager is what the commands need of the training jobs.
type JobManager interface {
	Interrupt(ctx context.Context, scope aws.Scope, name string) error
}

// Options of New; all members but Now and Logger are needed.
type Options struct {
	Keys   *identity.Keys
	Images ImageManager
	Jobs   JobManager
	// AccessKeyID is the one key that opens the door: the server's own.
	AccessKeyID string
	Now         func() time.Time
	Logger      *slog.Logger
}

type handler struct {
	Options
	verifier *sigv4.Verifier
	mux      *http.ServeMux
}

// New answers requests under Prefix and leaves all others to next.
func New(o Options, next http.Handler) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	h := &handler{Options: o, verifier: sigv4.NewVerifier(o.Keys.Lookup), mux: http.NewServeMux()}
	h.handle("GET keys", h.listKeys)
	h.handle("POST keys", h.createKey)
	h.handle("DELETE keys/{id}", h.deleteKey)
	h.handle("GET images", h.listImages)
	h.handle("POST images", h.addImage)
	h.handle("DELETE images", h.removeImage)
	h.handle("POST jobs/interrupt", h.interruptJob)
	h.mux.HandleFunc("POST "+Prefix+"images/prepare", h.prepareImage)
	h.mux.HandleFunc(Prefix, func(w http.ResponseWriter, r *http.Request) {
		h.refuse(w, r, aws.Errorf(aws.UnknownOperationException, "There is nothing at %s %s. Is the command as new as the server?", r.Method, r.URL.Path))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, Prefix) {
			next.ServeHTTP(w, r)
			return
		}
		if err := h.authorise(r); err != nil {
			h.refuse(w, r, err)
			return
		}
		h.mux.ServeHTTP(w, r)
	})
}

// authorise verifies the signature, and that the server's own key made it. The
// body is read for that, and put back.
func (h *handler) authorise(r *http.Request) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return aws.Errorf(aws.RequestTimeout, "The request could not be read: %w", err)
	case len(body) > maxBody:
		return aws.Errorf(aws.RequestEntityTooLarge, "The request is larger than %d bytes.", maxBody)
	}
	signed, err := h.verifier.VerifyBody(r, body, h.Now())
	if err != nil {
		return err
	}
	if signed.AccessKeyID != h.AccessKeyID || signed.Service != SigningName {
		return aws.Errorf(aws.AccessDeniedException, "Only the server's own key, in the file credentials of its data directory, may do this.")
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return nil
}

// handle mounts fn, whose answer is sent as JSON.
func (h *handler) handle(pattern string, fn func(r *http.Request) (any, error)) {
	method, path, _ := strings.Cut(pattern, " ")
	h.mux.HandleFunc(method+" "+Prefix+path, func(w http.ResponseWriter, r *http.Request) {
		answer, err := fn(r)
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		h.send(w, http.StatusOK, answer)
	})
}

// refuse sends an error: an *aws.Error as it is, any other masked and logged.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := asError(err)
	status := http.StatusInternalServerError
	var known *aws.Error
	if errors.As(err, &known) {
		status = known.HTTPStatus()
	} else {
		h.Logger.Error("an administration request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	h.send(w, status, e)
}

func asError(err error) *Error {
	var known *aws.Error
	if errors.As(err, &known) {
		return &Error{Code: string(known.Code), Message: known.Message}
	}
	return &Error{Code: string(aws.InternalFailure), Message: "The server failed; its log says why."}
}

func (h *handler) send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		h.Logger.Debug("an answer could not be sent", "error", err)
	}
}

// decode reads a request's JSON.
func decode[T any](r *http.Request) (v T, err error) {
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		return v, aws.Errorf(aws.SerializationException, "The request is no JSON: %w", err)
	}
	return v, nil
}
