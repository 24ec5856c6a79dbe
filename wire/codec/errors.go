package codec

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sagebrush/sagebrush/aws"
)

// valueError is a value that does not fit its shape. The path is put together
// from the inside out while the error travels up.
type valueError struct {
	message string
	path    []string // innermost first
}

// Error implements error.
func (e *valueError) Error() string {
	if len(e.path) == 0 {
		return e.message
	}
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(e.message, "."))
	b.WriteString(", at '")
	for i := len(e.path) - 1; i >= 0; i-- {
		b.WriteString(e.path[i])
		if i > 0 {
			b.WriteByte('.')
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func invalid(message string) error { return &valueError{message: message} }

// within adds a path element to a valueError.
func within(err error, element string) error {
	var v *valueError
	if errors.As(err, &v) {
		v.path = append(v.path, element)
	}
	return err
}

// withinName adds a member's name the way AWS writes it.
func withinName(err error, name string) error { return within(err, LowerFirst(name)) }

// withinIndex adds a list position, which AWS counts from 1.
func withinIndex(err error, i int) error {
	return within(within(err, "member"), strconv.Itoa(i+1))
}

// LowerFirst is name with its first letter in lower case, as AWS writes members
// in messages.
func LowerFirst(name string) string {
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return name
	}
	return string(name[0]+'a'-'A') + name[1:]
}

// serialization makes err, from reading a body, one that the caller may see.
func serialization(err error) error {
	var api *aws.Error
	if errors.As(err, &api) {
		return err
	}
	var v *valueError
	if errors.As(err, &v) {
		return &aws.Error{Code: aws.SerializationException, Message: v.Error()}
	}
	message := "The body is not valid JSON"
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		message += ": it ends too early; send a JSON object, {} when there is nothing to say"
	case errors.As(err, &syntax):
		message += " at byte " + strconv.FormatInt(syntax.ByteOffset, 10)
		if syntax.Err != nil {
			message += ": " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
		}
	}
	return &aws.Error{Code: aws.SerializationException, Message: message, Cause: err}
}
