package autoscaling

import "github.com/sagebrush/sagebrush/aws"

// errNoTarget, errNoPolicy and errNoAction are worded as clients know them.
func errNoTarget(r resource) error {
	return aws.Errorf(aws.ObjectNotFoundException, "No scalable target found for service namespace: sagemaker, resource ID: %s, scalable dimension: %s", r.ID, r.Dimension)
}

func errNotRegistered(r resource) error {
	return aws.Errorf(aws.ObjectNotFoundException, "No scalable target registered for service namespace: sagemaker, resource ID: %s, scalable dimension: %s", r.ID, r.Dimension)
}

func errNoPolicy(r resource, name string) error {
	return aws.Errorf(aws.ObjectNotFoundException, "No scaling policy found for service namespace: sagemaker, resource ID: %s, scalable dimension: %s, policy name: %s", r.ID, r.Dimension, name)
}

func errNoAction(r resource, name string) error {
	return aws.Errorf(aws.ObjectNotFoundException, "No scheduled action found for service namespace: sagemaker, resource ID: %s, scalable dimension: %s, scheduled action name: %s", r.ID, r.Dimension, name)
}

// errLimit refuses one more than there may be.
func errLimit(what string, most int) error {
	return aws.Errorf(aws.LimitExceededException, "A scalable target has at most %d %s: delete one first.", most, what)
}
