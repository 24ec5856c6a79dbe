package registry

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ForModel is the gate for deployment: it answers the containers of a package, by
// name or ARN, for a model that is made from it; those of its additional inference
// specification of that name, unless that is nil (CreateModelPackage-5, -11,
// DescMP-9). A package that is not Completed, and a version that is not Approved,
// is a ValidationException that says what to do. The containers belong to the
// caller.
func (s *Service) ForModel(tx *store.Tx, scope aws.Scope, nameOrARN string, specification *string) ([]*sagemaker.ModelPackageContainerDefinition, error) {
	r, err := load(tx, scope, nameOrARN)
	if err != nil {
		return nil, err
	}
	p := &r.Body
	switch {
	case p.Status != sagemaker.ModelPackageStatusCompleted:
		return nil, aws.Invalid("The model package %s is in status %s. It can be deployed once it is Completed.", r.ARN, p.Status)
	case p.versioned() && p.Approval != sagemaker.ModelApprovalStatusApproved:
		return nil, aws.Invalid("The model package %s has the approval status %s, and only Approved versions can be deployed. Approve it with UpdateModelPackage first.", r.ARN, p.Approval)
	case specification != nil:
		for _, a := range p.Request.AdditionalInferenceSpecifications {
			if *a.Name == *specification {
				return a.Containers, nil
			}
		}
		return nil, aws.Invalid("The model package %s has no additional inference specification %q. DescribeModelPackage lists those it has.", r.ARN, *specification)
	case p.Request.InferenceSpecification == nil:
		return nil, aws.Invalid("The model package %s was registered without an InferenceSpecification, so there is nothing to deploy. Register another version with one, or add one by UpdateModelPackage and choose it by InferenceSpecificationName.", r.ARN)
	}
	return p.Request.InferenceSpecification.Containers, nil
}
