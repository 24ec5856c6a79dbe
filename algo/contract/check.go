package contract

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Check refuses a training job that breaks the algorithm's contract
// (CreateTrainingJob-4); it changes nothing. The request has passed the
// modelled constraints, so what the model requires is there.
func Check(spec *sagemaker.TrainingSpecification, in *sagemaker.CreateTrainingJobInput) error {
	if err := checkResources(spec, in.ResourceConfig); err != nil {
		return err
	}
	if err := checkHyperParameters(spec, in.HyperParameters); err != nil {
		return err
	}
	return checkChannels(spec, in.InputDataConfig, in.AlgorithmSpecification.TrainingInputMode)
}

// checkResources is DescribeAlgorithm-6 and the list of instance types.
func checkResources(spec *sagemaker.TrainingSpecification, r *sagemaker.ResourceConfig) error {
	var hosts int64
	check := func(member string, t sagemaker.TrainingInstanceType, count *int32) error {
		hosts += int64(aws.Val(count))
		if t != "" && !slices.Contains(spec.SupportedTrainingInstanceTypes, t) {
			return aws.Invalid("%s is %s, but the algorithm runs on %s only.", member, t, listing(spec.SupportedTrainingInstanceTypes))
		}
		return nil
	}
	if err := check("ResourceConfig.InstanceType", r.InstanceType, r.InstanceCount); err != nil {
		return err
	}
	for _, g := range r.InstanceGroups {
		if err := check("ResourceConfig.InstanceGroups["+aws.Val(g.InstanceGroupName)+"].InstanceType", g.InstanceType, g.InstanceCount); err != nil {
			return err
		}
	}
	if hosts > 1 && !aws.Val(spec.SupportsDistributedTraining) {
		return aws.Invalid("ResourceConfig asks for %d instances, but the algorithm does not support distributed training: ask for 1.", hosts)
	}
	return nil
}
