package identity

import "log/slog"

// Secret is a secret access key. Printing, logging or encoding one shows
// nothing of it; Reveal is the only way out, so it is easy to find who uses it.
//
// The value is behind a pointer because fmt cannot call the methods of a
// Secret in somebody's unexported field, and prints pointers as addresses.
type Secret struct{ value *string }

const redacted = "[secret]"

// NewSecret wraps s.
func NewSecret(s string) Secret { return Secret{&s} }

// Reveal is the secret itself, "" of the zero Secret.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps it out of JSON and every other text encoding.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
