package aws

import "context"

// Scope is where state lives: every resource belongs to one 12-digit account in
// one region, and no request reads or writes outside its own scope.
type Scope struct {
	Account string
	Region  string
}

// Caller is who sent the request, established by its signature.
type Caller struct {
	Scope
	// AccessKeyID is the key that signed; never the secret.
	AccessKeyID string
	// ARN is the caller's identity as sts GetCallerIdentity reports it: an
	// assumed-role ARN, because clients derive the execution role from it.
	ARN string
	// UserID is the unique id that goes with ARN.
	UserID string
}

type callerKey struct{}
type requestIDKey struct{}

// WithCaller returns ctx carrying c.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom is the caller of the request that ctx belongs to; ok is false
// outside a request.
func CallerFrom(ctx context.Context) (c Caller, ok bool) {
	c, ok = ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// ScopeFrom is the scope of the caller. It panics without one: an operation
// that runs without an identity is a bug in the wiring, not a user's mistake.
func ScopeFrom(ctx context.Context) Scope {
	c, ok := CallerFrom(ctx)
	if !ok {
		panic("aws: no caller in context")
	}
	return c.Scope
}

// WithRequestID returns ctx carrying the id that answers and log lines share.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestIDFrom is the request's id, or "" outside a request.
func RequestIDFrom(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
