// Package schema describes API shapes and operations as data. The packages
// under api/ are generated in these terms, and one generic codec per protocol
// and one generic validator interpret them (package wire): there is no
// generated marshalling code.
//
// How a shape looks in Go, so that interpreters and services agree:
//
//	string          *string               enum     a named string type, "" is absent
//	boolean         *bool                 integer  *int32, long *int64
//	float, double   *float32, *float64    timestamp *time.Time
//	blob            []byte (nil absent)   structure *T, a struct
//	list            []T: scalars and enums by value, structures as *T, nested lists and maps as such; nil is absent
//	map             map[string]V, values as in lists (enum keys: map[E]V)
//	union           *T, a struct of which exactly one field is set
//	event stream    iter.Seq2[any, error] of pointers to the events' structs (*T)
//
// Go field names are the member's name with its first letter in upper case.
package schema

import "context"

// Kind is a shape's type.
type Kind uint8

// The kinds of shape in the API models.
const (
	Structure Kind = iota + 1
	Union
	List
	Map
	String
	Enum
	Integer
	Long
	Float
	Double
	Boolean
	Timestamp
	Blob
	EventStream
)

// EmptyEnum is how an enum looks in Go that was present on the wire as the
// empty string, because "" already means absent. Decoders write it, encoders
// turn it back, and the validator refuses it as the empty value that it is, so
// no operation ever sees one.
const EmptyEnum = "\x00"

// Shape is one shape of an API model with its constraints.
type Shape struct {
	Name string
	Kind Kind
	// Members of a structure or union, in the model's order.
	Members []Member
	// Elem is a list's element or a map's value; Key a map's key.
	Elem, Key *Shape
	// ElemName and KeyName are the wire names inside lists and maps where the
	// protocol needs them (query, XML); "" means the protocol's default
	// (member / key, value).
	ElemName, KeyName string
	Flattened         bool
	// Enum lists the permitted values, in the model's order.
	Enum []string
	// Pattern is the modelled regular expression in Java's dialect; it must
	// match the whole value. "" is none.
	Pattern string
	// Min and Max bound the length (characters of a string, bytes of a blob,
	// items of a list or map) or, for numbers, the value. HasMin and HasMax say
	// whether they are set.
	Min, Max       float64
	HasMin, HasMax bool
	Sensitive      bool
	// TimestampFormat is "unixTimestamp", "iso8601" or "rfc822"; "" is the
	// protocol's default.
	TimestampFormat string
	// Error is set on exception shapes.
	Error *ErrorTrait
}

// Member is a named part of a structure or union.
type Member struct {
	// Name is the model's name, which is also the wire name in JSON 1.1.
	Name string
	// LocationName is the wire name where the model gives another.
	LocationName string
	// Location is where a REST protocol carries it: "", "header", "headers",
	// "uri", "querystring" or "statusCode".
	Location string
	Shape    *Shape
	Required bool
	// Field is the index of the Go struct field.
	Field int
	// IdempotencyToken marks a member that clients fill in by themselves.
	IdempotencyToken bool
	Deprecated       bool
	// JSONValue marks a string that is itself a JSON text.
	JSONValue bool
	// EventPayload marks the member of an event that is its frame's payload.
	EventPayload bool
	// TimestampFormat overrides the shape's.
	TimestampFormat string
}

// ErrorTrait is what the model says of an exception shape.
type ErrorTrait struct {
	// Code is the wire code, such as "ResourceInUse".
	Code string
	// Status is the modelled HTTP status, 0 when the model is silent.
	Status int
	// Fault is true when the server is to blame.
	Fault bool
}

// Operation is one operation of a service and how to call its implementation.
type Operation struct {
	Name          string
	Input, Output *Shape
	// Payload names the member that is the whole body in REST protocols, "" for none.
	InputPayload, OutputPayload string
	Errors                      []*Shape
	Method, Path                string
	Status                      int // success status, 200 unless modelled
	// ResultWrapper is the element around a query protocol's answer.
	ResultWrapper string
	// NewInput makes an empty Go input.
	NewInput func() any
	// NewOutput makes an empty Go output.
	NewOutput func() any
	// Implements says whether v has the operation's method.
	Implements func(v any) bool
	// Call invokes it; v must implement the operation and in be of its input type.
	Call func(ctx context.Context, v, in any) (any, error)
}

// Service is one API: its identity on the wire and its operations.
type Service struct {
	// ID is the package's name under api/, such as "sagemaker".
	ID string
	// SigningName is the service part of the SigV4 credential scope.
	SigningName string
	// EndpointPrefix is the host name's first label.
	EndpointPrefix string
	APIVersion     string
	// Protocol is "json", "rest-json", "query" or "rest-xml"; JSONVersion "1.1" and the like.
	Protocol, JSONVersion string
	// TargetPrefix is the X-Amz-Target prefix of JSON protocols.
	TargetPrefix string
	// XMLNamespace is the namespace of query and rest-xml answers.
	XMLNamespace string
	// Operations, sorted by name.
	Operations []*Operation
}
