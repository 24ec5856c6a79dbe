package iam

import (
	"net/http"

	"github.com/sagebrush/sagebrush/aws"
)

// Codes of IAM that no other service has.
const (
	malformedPolicy aws.Code = "MalformedPolicyDocument"
	invalidInput    aws.Code = "InvalidInput"
	limitExceeded   aws.Code = "LimitExceeded"
)

// noRole says that there is no such role.
func noRole(name string) error {
	return aws.Errorf(aws.NoSuchEntity, "The role with name %s cannot be found.", name)
}

// conflict is an error that IAM answers with status 409.
func conflict(code aws.Code, format string, args ...any) error {
	e := aws.Errorf(code, format, args...)
	e.Status = http.StatusConflict
	return e
}
