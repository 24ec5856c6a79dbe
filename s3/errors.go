package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/blob"
)

// apiError is an error as S3 writes it.
type apiError struct {
	XMLName    xml.Name `xml:"Error"`
	Code       string
	Message    string
	Key        string `xml:",omitempty"`
	BucketName string `xml:",omitempty"`

	// Details of some codes.
	ArgumentName      string `xml:",omitempty"`
	ArgumentValue     string `xml:",omitempty"`
	Header            string `xml:",omitempty"`
	Condition         string `xml:",omitempty"`
	RangeRequested    string `xml:",omitempty"`
	ActualObjectSize  *int64 `xml:",omitempty"`
	AccessKeyID       string `xml:"AWSAccessKeyId,omitempty"`
	SignatureProvided string `xml:",omitempty"`
	StringToSign      string `xml:",omitempty"`
	CanonicalRequest  string `xml:",omitempty"`
	HeadersNotSigned  string `xml:",omitempty"`
	RequestTime       string `xml:",omitempty"`
	ServerTime        string `xml:",omitempty"`

	Resource  string `xml:",omitempty"`
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`

	Status  int               `xml:"-"`
	Headers map[string]string `xml:"-"`
	cause   error
}

// Error implements error.
func (e *apiError) Error() string { return e.Code + ": " + e.Message }

// Unwrap gives the cause, which is logged and never sent.
func (e *apiError) Unwrap() error { return e.cause }

// newError is an error with a message of its own.
func newError(code, format string, args ...any) *apiError {
	status, _ := explain(code)
	return &apiError{Code: code, Message: fmt.Sprintf(format, args...), Status: status}
}

// codeError is an error with its code's usual message.
func codeError(code string) *apiError {
	status, message := explain(code)
	return &apiError{Code: code, Message: message, Status: status}
}

// invalidArgument names the argument that is wrong.
func invalidArgument(name, value, format string, args ...any) *apiError {
	e := newError("InvalidArgument", format, args...)
	e.ArgumentName, e.ArgumentValue = name, value
	return e
}

// notImplemented says which request or header has no implementation here.
func notImplemented(what string) *apiError {
	return newError("NotImplemented", "%s is not implemented by this server.", what)
}

// toError makes S3's error of anything that an operation answers.
func toError(err error) *apiError {
	var e *apiError
	var f *sigv4.Failure
	var a *aws.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &f):
		return signatureError(f)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return codeError("RequestTimeout")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled):
		return codeError("IncompleteBody")
	case errors.As(err, &a) && a.Code == aws.AccessDeniedException:
		e := newError("AccessDenied", "%s", a.Message)
		e.cause = a.Cause
		return e
	case errors.As(err, &a):
		e := newError(string(a.Code), "%s", a.Message)
		e.Status, e.cause = a.HTTPStatus(), a.Cause
		return e
	case errors.Is(err, errors.ErrUnsupported):
		return notImplemented("This request, with the storage that stands behind it,")
	}
	for _, m := range []struct {
		is   error
		code string
	}{
		{blob.ErrNoSuchBucket, "NoSuchBucket"},
		{blob.ErrNoSuchKey, "NoSuchKey"},
		{blob.ErrNoSuchUpload, "NoSuchUpload"},
		{blob.ErrBucketNotEmpty, "BucketNotEmpty"},
		{blob.ErrBucketExists, "BucketAlreadyExists"},
		{blob.ErrPreconditionFailed, "PreconditionFailed"},
		{blob.ErrInvalidRange, "InvalidRange"},
		{blob.ErrInvalidPart, "InvalidPart"},
		{blob.ErrPartOrder, "InvalidPartOrder"},
		{blob.ErrPartTooSmall, "EntityTooSmall"},
		{blob.ErrTooLarge, "EntityTooLarge"},
		{blob.ErrBadDigest, "BadDigest"},
		{blob.ErrIncomplete, "IncompleteBody"},
		{blob.ErrNoSpace, "InsufficientStorage"},
		{blob.ErrInvalidKey, "KeyTooLongError"},
	} {
		if errors.Is(err, m.is) {
			return codeError(m.code)
		}
	}
	e = codeError("InternalError")
	e.cause = err
	return e
}

// explain is the status and the usual message of a code.
func explain(code string) (status int, message string) {
	for _, c := range codes {
		if c.code == code {
			return c.status, c.message
		}
	}
	return http.StatusBadRequest, ""
}
