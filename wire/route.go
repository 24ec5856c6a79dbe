package wire

import (
	"context"
	"net/http"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/wire/cbor"
	"github.com/sagebrush/sagebrush/wire/codec"
)

// route decides what a request is, by its head alone.
func (s *Server) route(next handler) handler {
	return func(ctx context.Context, c *call) error {
		if err := s.find(c); err != nil {
			return err
		}
		if err := checkHead(c.r); err != nil {
			return err
		}
		if c.plain == nil {
			return next(ctx, c)
		}
		if c.r.Body != nil && c.r.Body != http.NoBody {
			c.r.Body = &idleBody{ReadCloser: c.r.Body, control: http.NewResponseController(c.w), limit: s.options.BodyTimeout}
		}
		c.w = &recorder{ResponseWriter: c.w, c: c}
		c.plain.ServeHTTP(c.w, c.r.WithContext(ctx))
		return nil
	}
}

// find sets either plain or protocol, service and operation. In order:
//
//  1. signed for S3: S3, whatever else the request holds
//  2. X-Amz-Target: a JSON service
//  3. /service/X/operation/Y with the smithy-protocol header: CBOR
//  4. signed for another service: by path for REST-JSON, else query
//  5. not signed, but it looks like one of those: so that the refusal comes in
//     the protocol that the client reads
//  6. the pages without a signature; and everything else is S3's (anonymous,
//     virtual hosts, signatures that only S3 can complain about)
func (s *Server) find(c *call) error {
	r := c.r
	signer, _, _, signed := sigv4.ScopeOf(r)
	if signed && sigv4.IsS3(signer) {
		c.plain, c.plainName = s.options.S3, "s3"
		return nil
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return s.findTarget(c, target)
	}
	if r.Header.Get("Smithy-Protocol") != "" {
		return s.findCBOR(c)
	}
	if op := s.matchPath(r); op != nil && (!signed || signer == op.service.SigningName) {
		c.protocol, c.service, c.operation, c.opName = restProtocol{}, op.service, op, op.Name
		return nil
	}
	if signed {
		return s.findSigned(c, signer)
	}
	if r.Method == http.MethodPost && r.URL.Path == "/" && isForm(r) {
		c.protocol = queryProtocol{}
		return nil
	}
	if page := s.pages[r.URL.Path]; page != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Authorization") == "" {
		c.plain, c.plainName = page, "server"
		return nil
	}
	c.plain, c.plainName = s.options.S3, "s3"
	return nil
}

func (s *Server) findTarget(c *call, target string) error {
	prefix, name := "", target
	if i := strings.LastIndexByte(target, '.'); i >= 0 {
		prefix, name = target[:i], target[i+1:]
	}
	c.protocol, c.opName = jsonProtocol{}, name
	if c.service = s.byTarget[prefix]; c.service == nil {
		return aws.Errorf(aws.UnknownOperationException, "No service here answers the X-Amz-Target '%s'; "+
			"docs/coverage.md lists those that do.", clip(target))
	}
	c.operation = c.service.operations[name]
	return nil
}

func (s *Server) findCBOR(c *call) error {
	c.protocol = cborProtocol{s.cbor}
	if p := c.r.Header.Get("Smithy-Protocol"); p != cbor.Protocol {
		return aws.Errorf(aws.UnknownOperationException, "The protocol '%s' is not spoken here; use %s.", clip(p), cbor.Protocol)
	}
	rest, ok := strings.CutPrefix(c.r.URL.Path, "/service/")
	prefix, name, found := strings.Cut(rest, "/operation/")
	if !ok || !found || s.byTarget[prefix] == nil {
		return aws.Errorf(aws.UnknownOperationException, "No service here answers the path '%s'.", clip(c.r.URL.Path))
	}
	c.service, c.opName = s.byTarget[prefix], name
	c.operation = c.service.operations[name]
	return nil
}

func (s *Server) findSigned(c *call, signer string) error {
	if svc := s.byQuery[signer]; svc != nil {
		c.protocol, c.service = queryProtocol{}, svc
		return nil
	}
	if isForm(c.r) || c.r.URL.Query().Has("Action") {
		c.protocol = queryProtocol{}
	}
	for _, svc := range s.services {
		if svc.SigningName == signer {
			return aws.Errorf(aws.UnknownOperationException, "The request names no operation of %s: %s %s without an X-Amz-Target header.",
				signer, clip(c.r.Method), clip(c.r.URL.Path))
		}
	}
	return aws.Errorf(aws.UnknownOperationException, "The service '%s' is not answered here; docs/coverage.md lists those that are.", clip(signer))
}

// matchPath finds a REST-JSON operation.
func (s *Server) matchPath(r *http.Request) *operation {
	if len(r.URL.Path) < 2 {
		return nil
	}
	path := r.URL.EscapedPath()
	bare := strings.Trim(path, "/")
	for _, op := range s.rest {
		if op.Method == r.Method && strings.HasPrefix(bare, op.prefix) && strings.HasSuffix(bare, op.suffix) {
			if op.direct != nil && len(path) == len(bare)+1 && op.fits(path) { // what MatchPath says, without its labels
				return op
			}
			if _, ok := codec.MatchPath(op.Path, path); ok {
				return op
			}
		}
	}
	return nil
}

// around is what stands before the first and behind the last label of a path
// template, without slashes around the whole; nothing where there is no label.
func around(path string) (prefix, suffix string) {
	path, _, _ = strings.Cut(path, "?")
	path = strings.Trim(path, "/")
	first, last := strings.IndexByte(path, '{'), strings.LastIndexByte(path, '}')
	if first < 0 {
		return "", ""
	}
	return path[:first], path[last+1:]
}

// labels counts the labels of a path template: the more, the vaguer.
func labels(path string) int { return strings.Count(path, "{") }

func isForm(r *http.Request) bool { return mediaType(r) == formType }

// mediaType is the Content-Type without parameters.
func mediaType(r *http.Request) string {
	t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// clip shortens what a client made up before it is said back.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
