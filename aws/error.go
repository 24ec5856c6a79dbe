package aws

import (
	"errors"
	"fmt"
	"net/http"
)

// Code is an AWS error code as clients see it on the wire ("__type", "<Code>").
type Code string

// The codes that the services answer. SageMaker models only four of them
// (rules Err-1, X-1); every other refusal of SageMaker is a ValidationException.
const (
	ValidationException   Code = "ValidationException"
	ResourceNotFound      Code = "ResourceNotFound"
	ResourceInUse         Code = "ResourceInUse"
	ResourceLimitExceeded Code = "ResourceLimitExceeded"
	ConflictException     Code = "ConflictException"

	// Common to all JSON, query and REST-JSON services.
	AccessDeniedException          Code = "AccessDeniedException"
	ExpiredTokenException          Code = "ExpiredTokenException"
	IncompleteSignature            Code = "IncompleteSignature"
	InternalFailure                Code = "InternalFailure"
	InvalidSignatureException      Code = "InvalidSignatureException"
	MissingAuthenticationToken     Code = "MissingAuthenticationTokenException"
	RequestEntityTooLarge          Code = "RequestEntityTooLargeException"
	RequestTimeout                 Code = "RequestTimeoutException"
	SerializationException         Code = "SerializationException"
	ServiceUnavailable             Code = "ServiceUnavailable"
	ThrottlingException            Code = "ThrottlingException"
	UnknownOperationException      Code = "UnknownOperationException"
	UnrecognizedClientException    Code = "UnrecognizedClientException"
	UnsupportedOperation           Code = "UnsupportedOperationException"
	ResourceNotFoundException      Code = "ResourceNotFoundException"      // logs and other companions
	InvalidParameterException      Code = "InvalidParameterException"      // logs
	InvalidParameterValue          Code = "InvalidParameterValue"          // monitoring, iam
	InvalidParameterCombination    Code = "InvalidParameterCombination"    // monitoring
	MissingRequiredParameter       Code = "MissingParameter"               // monitoring (query wire code)
	InvalidNextToken               Code = "InvalidNextToken"               // monitoring
	NoSuchEntity                   Code = "NoSuchEntity"                   // iam
	EntityAlreadyExists            Code = "EntityAlreadyExists"            // iam
	ResourceAlreadyExistsException Code = "ResourceAlreadyExistsException" // logs
	RepositoryNotFoundException    Code = "RepositoryNotFoundException"    // ecr
	ObjectNotFoundException        Code = "ObjectNotFoundException"        // application-autoscaling
	InvalidNextTokenException      Code = "InvalidNextTokenException"      // application-autoscaling
	LimitExceededException         Code = "LimitExceededException"         // application-autoscaling
	TooManyTagsException           Code = "TooManyTagsException"           // application-autoscaling
	InvalidSequenceTokenException  Code = "InvalidSequenceTokenException"  // logs
	DataAlreadyAcceptedException   Code = "DataAlreadyAcceptedException"   // logs
	ValidationError                Code = "ValidationError"                // sagemakerruntime (InvokeEndpoint-1)
	ModelError                     Code = "ModelError"                     // sagemakerruntime
	ModelNotReadyException         Code = "ModelNotReadyException"         // sagemakerruntime
)

// Error is a refusal that the caller is meant to read. Message says what was
// wrong and what to do about it; it never carries internals. Status 0 means the
// code's own default, see HTTPStatus.
type Error struct {
	Code    Code
	Message string
	// Status overrides the HTTP status of the code, 0 for the default.
	Status int
	// Details are further members that the modelled exception has, by their names
	// on the wire: strings and ints. REST-JSON sends them.
	Details map[string]any
	// Cause is logged under the request id and never sent.
	Cause error
}

// Errorf makes an Error. A %w verb sets the Cause as with fmt.Errorf.
func Errorf(code Code, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: wrapped.Error(), Cause: errors.Unwrap(wrapped)}
}

// Invalid is Errorf with ValidationException, by far the commonest refusal.
func Invalid(format string, args ...any) *Error {
	return Errorf(ValidationException, format, args...)
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// HTTPStatus is the status to answer with: Status if set, else 500 for internal
// failures, 503 for unavailability, 403 for identity, 404 and 413 where AWS uses
// them, and 400 for everything else.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	switch e.Code {
	case InternalFailure:
		return http.StatusInternalServerError
	case ServiceUnavailable:
		return http.StatusServiceUnavailable
	case AccessDeniedException, ExpiredTokenException, InvalidSignatureException,
		MissingAuthenticationToken, UnrecognizedClientException:
		return http.StatusForbidden
	case RequestEntityTooLarge:
		return http.StatusRequestEntityTooLarge
	case UnknownOperationException, NoSuchEntity:
		return http.StatusNotFound
	case UnsupportedOperation:
		return http.StatusNotImplemented
	}
	return http.StatusBadRequest
}

// CodeOf is the code of err if it is, or wraps, an *Error, else InternalFailure.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return InternalFailure
}
