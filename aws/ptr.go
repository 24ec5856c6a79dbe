package aws

// Ptr is a pointer to v, for the optional members of API shapes.
func Ptr[T any](v T) *T { return &v }

// Val is *p, or the zero value when p is nil.
func Val[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Optional is a pointer to s, nil for "": a text of an answer that may be absent.
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
