package algorithm

import (
	"strings"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// check refuses requests that contradict themselves and what is not built yet.
// Modelled constraints were checked before.
func check(in *sagemaker.CreateAlgorithmInput) error {
	if in.TrainingSpecification.AdditionalS3DataSource != nil {
		return unsupported("TrainingSpecification.AdditionalS3DataSource", "additional data sources of training jobs")
	}
	if err := contract.CheckSpecification(in.TrainingSpecification); err != nil {
		return err
	}
	if err := checkInference(in.InferenceSpecification); err != nil {
		return err
	}
	return checkValidation(in)
}

// unsupported is the refusal of a member whose effect does not exist yet.
func unsupported(member, what string) error {
	return aws.Invalid("Sagebrush does not support %s yet (%s), and refuses the request rather than ignoring a part of it. Remove %s to create the algorithm without.", what, member, member)
}

// mostEnvironment is how many variables a container may have (DescribeAlgorithm-8).
const mostEnvironment = 16

// checkInference is DescribeAlgorithm-8. The lists of instance types may be left
// out: they are required for unversioned models, which an algorithm is not.
func checkInference(spec *sagemaker.InferenceSpecification) error {
	if spec == nil {
		return nil
	}
	for _, c := range spec.Containers {
		if url := aws.Val(c.ModelDataUrl); c.ModelDataUrl != nil && (!strings.HasPrefix(url, "s3://") || !strings.HasSuffix(url, ".tar.gz")) {
			return aws.Invalid("ModelDataUrl %q of the container %s must name a single gzip compressed tar archive in S3, s3://bucket/key.tar.gz.", url, *c.Image)
		}
		if n := len(c.Environment); n > mostEnvironment {
			return aws.Invalid("The container %s has %d environment variables; up to %d are supported.", *c.Image, n, mostEnvironment)
		}
	}
	return nil
}

// checkValidation is CreateAlgorithm-7: what can be known of the profiles before
// their jobs run.
func checkValidation(in *sagemaker.CreateAlgorithmInput) error {
	if in.ValidationSpecification == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, p := range in.ValidationSpecification.ValidationProfiles {
		name := *p.ProfileName
		if seen[name] {
			return aws.Invalid("The validation profile %q occurs more than once. Profile names must be unique.", name)
		}
		seen[name] = true
		if p.TransformJobDefinition != nil {
			return unsupported("ValidationProfiles["+name+"].TransformJobDefinition", "batch transform jobs")
		}
		if err := contract.Check(in.TrainingSpecification, jobOf(in, p, "")); err != nil {
			return aws.Invalid("The validation profile %q breaks the algorithm's own contract. %s", name, messageOf(err))
		}
	}
	return nil
}
