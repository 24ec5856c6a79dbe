package registry

import (
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// check refuses requests that contradict themselves and what is not built yet.
// Modelled constraints were checked before.
func check(in *sagemaker.CreateModelPackageInput) error {
	switch { // CreateModelPackage-1
	case in.ModelPackageName == nil && in.ModelPackageGroupName == nil:
		return aws.Invalid("A model package needs a ModelPackageGroupName, of which it becomes the next version, or a ModelPackageName of its own.")
	case in.ModelPackageName != nil && in.ModelPackageGroupName != nil:
		return aws.Invalid("Both ModelPackageName and ModelPackageGroupName are given. Give the group's name for a version of it, or a name for a package without versions.")
	}
	rule := checkUnversioned
	if in.ModelPackageGroupName != nil {
		rule = checkVersioned
	}
	if err := rule(in); err != nil {
		return err
	}
	if in.InferenceSpecification != nil && in.SourceAlgorithmSpecification != nil { // CreateModelPackage-6
		return aws.Invalid("Give an InferenceSpecification or a SourceAlgorithmSpecification, from whose algorithm it is taken, not both.")
	}
	if in.ValidationSpecification != nil && in.SkipModelValidation != sagemaker.SkipModelValidationAll { // CreateModelPackage-8
		return aws.Invalid("ValidationSpecification asks for batch transform jobs, which Sagebrush does not support yet, and it does not call a model validated that is not. Remove ValidationSpecification, or set SkipModelValidation to All.")
	}
	if err := checkProfiles(in.ValidationSpecification); err != nil {
		return err
	}
	if url := in.SamplePayloadUrl; url != nil && !archive(*url) { // CreateModelPackage-12
		return aws.Invalid("SamplePayloadUrl %s must name a single gzip-compressed tar archive in S3, s3://bucket/key.tar.gz.", *url)
	}
	return checkContainers(in)
}

// checkVersioned is CreateModelPackage-3 and -4. The SDK sends false for
// CertifyForMarketplace.
func checkVersioned(in *sagemaker.CreateModelPackageInput) error {
	switch {
	case len(in.Tags) > 0:
		return aws.Invalid("A version of a model package group takes no Tags: the group's apply. Add the tags to the group %s.", *in.ModelPackageGroupName)
	case aws.Val(in.CertifyForMarketplace):
		return aws.Invalid("CertifyForMarketplace is for model packages without versions.")
	}
	return nil
}

// checkUnversioned is CreateModelPackage-4, -6 and -7. The SDK sends
// PendingManualApproval with every package, which says nothing here.
func checkUnversioned(in *sagemaker.CreateModelPackageInput) error {
	spec := in.InferenceSpecification
	switch {
	case in.ModelApprovalStatus != "" && in.ModelApprovalStatus != sagemaker.ModelApprovalStatusPendingManualApproval:
		return aws.Invalid("ModelApprovalStatus %s is for versions of a model package group; a package without versions needs no approval.", in.ModelApprovalStatus)
	case spec == nil && in.SourceAlgorithmSpecification == nil:
		return aws.Invalid("A model package without versions needs an InferenceSpecification or a SourceAlgorithmSpecification.")
	case spec != nil && (len(spec.SupportedTransformInstanceTypes) == 0 || len(spec.SupportedRealtimeInferenceInstanceTypes) == 0):
		return aws.Invalid("The InferenceSpecification of a model package without versions needs SupportedTransformInstanceTypes and SupportedRealtimeInferenceInstanceTypes.")
	}
	return nil
}

// checkContainers is Common-9 and DescMP-11, for all containers of the package.
func checkContainers(in *sagemaker.CreateModelPackageInput) error {
	if in.InferenceSpecification != nil {
		if err := checkData(in.InferenceSpecification.Containers); err != nil {
			return err
		}
	}
	if source := in.SourceAlgorithmSpecification; source != nil {
		for _, a := range source.SourceAlgorithms {
			if url := a.ModelDataUrl; url != nil && !archive(*url) {
				return notArchive(*url)
			}
		}
	}
	return checkAdditional(nil, in.AdditionalInferenceSpecifications)
}

// mostAdditional is how many additional inference specifications a package has at
// most, later additions included (CreateModelPackage-11).
const mostAdditional = 15

// checkAdditional checks specifications that are added to the present ones.
func checkAdditional(present, added []*sagemaker.AdditionalInferenceSpecificationDefinition) error {
	seen := map[string]bool{}
	for _, a := range present {
		seen[*a.Name] = true
	}
	for _, a := range added {
		if seen[*a.Name] {
			return aws.Invalid("The additional inference specification %q occurs more than once in the model package. Their names must be unique.", *a.Name)
		}
		seen[*a.Name] = true
		if err := checkData(a.Containers); err != nil {
			return err
		}
	}
	if len(seen) > mostAdditional {
		return aws.Invalid("The model package would have %d additional inference specifications; it can have up to %d.", len(seen), mostAdditional)
	}
	return nil
}

// checkData is Common-9: model data is one archive.
func checkData(containers []*sagemaker.ModelPackageContainerDefinition) error {
	for _, c := range containers {
		if c.ModelDataUrl != nil && !archive(*c.ModelDataUrl) {
			return notArchive(*c.ModelDataUrl)
		}
	}
	return nil
}

func archive(url string) bool {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(url, "s3://"), "/")
	return strings.HasPrefix(url, "s3://") && bucket != "" && strings.HasSuffix(key, ".tar.gz")
}

func notArchive(url string) error {
	return aws.Invalid("ModelDataUrl %s must name a single gzip-compressed tar archive in S3, s3://bucket/key.tar.gz.", url)
}
