package autoscaling

import (
	"strings"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
)

// resource is what is scaled, in which dimension.
type resource struct {
	ID                string
	Dimension         api.ScalableDimension
	Endpoint, Variant string
}

// key is the name under which the target is kept.
func (r resource) key() string { return r.ID + "|" + string(r.Dimension) }

// instances is the dimension that can be scaled.
const instances = api.ScalableDimensionSagemakerVariantDesiredInstanceCount

// readResource reads what a request names, and refuses what cannot be scaled here.
func readResource(namespace api.ServiceNamespace, id string, dimension api.ScalableDimension) (resource, error) {
	if err := checkNamespace(namespace); err != nil {
		return resource{}, err
	}
	switch dimension {
	case instances:
	case api.ScalableDimensionSagemakerVariantDesiredProvisionedConcurrency, api.ScalableDimensionSagemakerInferenceComponentDesiredCopyCount:
		return resource{}, aws.Invalid("Scaling the dimension %s is not supported yet. Use %s.", dimension, instances)
	default:
		return resource{}, aws.Invalid("Unsupported service namespace, resource type or scalable dimension: %s is not one of sagemaker.", dimension)
	}
	parts := strings.Split(id, "/")
	if len(parts) != 4 || parts[0] != "endpoint" || parts[2] != "variant" || parts[1] == "" || parts[3] == "" {
		return resource{}, aws.Invalid("Unsupported service namespace, resource type or scalable dimension: the resource ID %q is not of the form endpoint/NAME/variant/NAME.", id)
	}
	return resource{id, dimension, parts[1], parts[3]}, nil
}

// checkNamespace refuses the resources of other services.
func checkNamespace(n api.ServiceNamespace) error {
	if n != api.ServiceNamespaceSagemaker {
		return aws.Invalid("The service namespace %s is not here: this server scales resources of sagemaker only.", n)
	}
	return nil
}

// suffix is the resource as ARNs of policies and scheduled actions name it.
func (r resource) suffix() string { return "resource/sagemaker/" + r.ID }

// arn is an ARN of a service of scaling.
func arn(s aws.Scope, service, resource string) string {
	return aws.ARN{Partition: aws.Partition(s.Region), Service: service, Region: s.Region, Account: s.Account, Resource: resource}.String()
}
