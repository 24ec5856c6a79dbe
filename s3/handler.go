package s3

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/blob"
)

// Options of NewHandler.
type Options struct {
	// Lookup finds the secrets of access keys.
	Lookup sigv4.Lookup
	// Region is where buckets are that name no region, default "us-east-1".
	Region string
	// Hosts are names under which the server is reached; "<bucket>.<host>" then
	// addresses a bucket. Default: s3.localhost and localhost. Amazon's own
	// names are always understood.
	Hosts []string
	// Now is the clock for signatures, default time.Now.
	Now func() time.Time
	// Logger receives internal errors; nil discards them.
	Logger *slog.Logger
}

// Handler serves the S3 API. Make it with NewHandler.
type Handler struct {
	store    blob.Store
	options  Options
	verifier *sigv4.Verifier
	routes   map[route]operation
}

// NewHandler serves the objects in store.
func NewHandler(store blob.Store, o Options) http.Handler {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Hosts == nil {
		o.Hosts = []string{"s3.localhost", "localhost"}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{store: store, options: o, verifier: sigv4.NewVerifier(o.Lookup), routes: routes()}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &request{h: h, w: w, r: r, id: aws.RequestIDFrom(r.Context())}
	if q.id == "" {
		q.id = newRequestID()
	}
	w.Header().Set("X-Amz-Request-Id", q.id)
	w.Header().Set("X-Amz-Id-2", q.id)
	if err := h.serve(q); err != nil {
		q.fail(err)
	}
}

func (h *Handler) serve(q *request) error {
	var err error
	if q.query, err = parseQuery(q.r.URL.RawQuery); err != nil {
		return err
	}
	q.bucket, q.key = h.address(q.r)
	op, known := h.find(q)
	if err := q.authenticate(); err != nil {
		return err
	}
	if known != nil {
		return known
	}
	if q.bucket != "" {
		if err := validBucket(q.bucket); err != nil {
			return err
		}
	}
	if q.key != "" {
		if err := validKey(q.key); err != nil {
			return err
		}
	}
	if q.bucket != "" && !op.creates {
		if q.b, err = q.ownBucket(q.bucket, q.r.Header.Get("X-Amz-Expected-Bucket-Owner")); err != nil {
			return err
		}
	}
	return op.run(q)
}

// fail answers an error: S3's XML, or headers only where HTTP allows no body.
func (q *request) fail(err error) {
	e := toError(err)
	if e.cause != nil && q.r.Context().Err() == nil {
		q.h.options.Logger.Error("s3 request failed", "id", q.id, "method", q.r.Method, "bucket", q.bucket, "err", err)
	}
	for name, value := range e.Headers {
		q.w.Header().Set(name, value)
	}
	if e.Status == http.StatusNotModified || q.r.Method == http.MethodHead {
		q.w.WriteHeader(e.Status)
		return
	}
	e.Resource, e.RequestID, e.HostID = q.r.URL.EscapedPath(), q.id, q.id
	q.takeRest()
	q.writeXML(e.Status, e)
}

// What is taken of a refused body, and for how long.
const (
	restBytes = 8 << 20
	restTime  = 2 * time.Second
)

// takeRest reads what is left of a body that is refused: a client that is still
// sending when the connection is closed is told that it was reset, and never sees
// why. A client that asks first (Expect: 100-continue) is not encouraged to send,
// and one whose body is large is not waited for.
func (q *request) takeRest() {
	if q.r.Header.Get("Expect") != "" || q.r.ContentLength > restBytes {
		return
	}
	c := http.NewResponseController(q.w)
	if c.SetReadDeadline(time.Now().Add(restTime)) != nil {
		return // whoever wrapped the connection has no deadlines, and waiting must end
	}
	_, _ = io.CopyN(io.Discard, q.r.Body, restBytes)
	_ = c.SetReadDeadline(time.Time{})
}

// newRequestID has the form of S3's, 16 hex digits.
func newRequestID() string {
	var b [8]byte
	rand.Read(b[:])
	return strings.ToUpper(hex.EncodeToString(b[:]))
}
