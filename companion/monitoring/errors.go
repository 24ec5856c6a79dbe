package monitoring

import "github.com/sagebrush/sagebrush/aws"

// validationError is what GetMetricData answers to a bad query; CloudWatch
// does not model it.
const validationError aws.Code = "ValidationError"

// Codes of the operations on alarms.
const (
	invalidFormat aws.Code = "InvalidFormat"
)

// invalidValue refuses a parameter's value.
func invalidValue(format string, args ...any) error {
	return aws.Errorf(aws.InvalidParameterValue, format, args...)
}

// invalidCombination refuses parameters that do not go together.
func invalidCombination(format string, args ...any) error {
	return aws.Errorf(aws.InvalidParameterCombination, format, args...)
}

// exclusive refuses two parameters that exclude each other.
func exclusive(a, b string) error {
	return invalidCombination("The parameters %s and %s are mutually exclusive and you have specified both.", a, b)
}

// missing refuses the absence of a parameter.
func missing(name string) error {
	return aws.Errorf(aws.MissingRequiredParameter, "The parameter %s is required.", name)
}

// invalidQuery refuses a query of GetMetricData.
func invalidQuery(format string, args ...any) error {
	return aws.Errorf(validationError, format, args...)
}
