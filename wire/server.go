package wire

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/wire/cbor"
)

// Server answers the mounted services. Mount everything before serving; after
// that it is safe for concurrent use.
type Server struct {
	options  Options
	verifier *sigv4.Verifier
	metrics  *metrics
	throttle *throttle
	buffers  bufferPool
	pages    map[string]http.Handler // answered without a signature

	services []*service
	byTarget map[string]*service // X-Amz-Target prefix
	byQuery  map[string]*service // signing names of query services
	rest     []*operation        // REST-JSON, literal paths first
	cbor     *cbor.Decoder

	serve handler
	err   error // of NewServer, for Mount to report
}

// service is a mounted service.
type service struct {
	*schema.Service
	operations map[string]*operation
	// queryCompatible services answer their old query codes in newer protocols.
	queryCompatible bool
}

// operation is an operation and who answers it; impl and direct nil is nobody.
type operation struct {
	*schema.Operation
	service *service
	impl    any
	direct  Direct
	maxBody int64 // of a direct, 0 for the server's
	// prefix and suffix are what stands before the first and behind the last
	// label of a REST path: most paths are told apart by these alone.
	prefix, suffix string
	errors         map[aws.Code]*schema.Shape // modelled, by wire code
	series         series
}

// name is "service.Operation".
func (o *operation) name() string { return o.service.ID + "." + o.Name }

// targetPrefix is what X-Amz-Target begins with, "" where there is none. The
// pinned model of CloudWatch is older than the JSON and CBOR that it speaks by
// now, beside query.
func targetPrefix(svc *schema.Service) string {
	if svc.ID == "monitoring" && svc.TargetPrefix == "" {
		return "GraniteServiceVersion20100801"
	}
	return svc.TargetPrefix
}

// NewServer makes a Server without services.
func NewServer(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, verifier: sigv4.NewVerifier(o.Lookup), throttle: newThrottle(o),
		byTarget: map[string]*service{}, byQuery: map[string]*service{}}
	s.metrics, s.err = newMetrics(o.Registry)
	if s.err == nil {
		s.cbor, s.err = cbor.NewDecoder()
	}
	s.pages = map[string]http.Handler{"/healthz": http.HandlerFunc(healthz)}
	if o.Gatherer != nil {
		s.pages["/metrics"] = promhttp.HandlerFor(o.Gatherer, promhttp.HandlerOpts{})
	}
	s.serve = s.chain()
	return s
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// Mount adds a service and binds each of its operations to the one of impls that
// has its method. It is an error when two have it, and when one of impls answers
// no operation of the service at all: then a method has the wrong signature.
func (s *Server) Mount(svc *schema.Service, impls ...any) error {
	if s.err != nil {
		return s.err
	}
	mounted := &service{Service: svc, operations: make(map[string]*operation, len(svc.Operations))}
	used := make([]bool, len(impls))
	for _, op := range svc.Operations {
		o := &operation{Operation: op, service: mounted, errors: map[aws.Code]*schema.Shape{}}
		for _, shape := range op.Errors {
			if shape.Error != nil {
				o.errors[aws.Code(shape.Error.Code)] = shape
			}
		}
		for i, impl := range impls {
			if impl == nil || !op.Implements(impl) {
				continue
			}
			if o.impl != nil {
				return fmt.Errorf("wire: %s is implemented twice, by %T and %T", o.name(), o.impl, impl)
			}
			o.impl, used[i] = impl, true
		}
		mounted.operations[op.Name] = o
	}
	for i, impl := range impls {
		if impl != nil && !used[i] {
			return fmt.Errorf("wire: %T answers no operation of %s", impl, svc.ID)
		}
	}
	return s.add(mounted)
}

func (s *Server) add(m *service) error {
	for _, other := range s.services {
		if other.ID == m.ID {
			return fmt.Errorf("wire: %s is mounted twice", m.ID)
		}
	}
	s.services = append(s.services, m)
	prefix := targetPrefix(m.Service)
	if prefix != "" {
		s.byTarget[prefix] = m
	}
	switch m.Protocol {
	case "query":
		s.byQuery[m.SigningName] = m
		m.queryCompatible = prefix != ""
	case "rest-json":
		for _, op := range m.operations {
			op.prefix, op.suffix = around(op.Path)
			s.rest = append(s.rest, op)
		}
		slices.SortFunc(s.rest, func(a, b *operation) int { return cmp.Compare(labels(a.Path), labels(b.Path)) })
	}
	return nil
}

// OperationStatus is an operation and whether anybody answers it.
type OperationStatus struct {
	// Service is the service's ID, Name the operation's.
	Service, Name string
	Implemented   bool
}

// Operations lists every operation of every mounted service, sorted.
func (s *Server) Operations() []OperationStatus {
	var out []OperationStatus
	for _, svc := range s.services {
		for _, op := range svc.operations {
			out = append(out, OperationStatus{svc.ID, op.Name, op.impl != nil || op.direct != nil})
		}
	}
	slices.SortFunc(out, func(a, b OperationStatus) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r, status: http.StatusOK, protocol: jsonProtocol{}}
	// The outermost step has turned every error into an answer.
	_ = s.serve(r.Context(), c)
}
