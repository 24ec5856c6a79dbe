package training

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
)

// maxHosts bounds the instances of a job: they all live on one machine.
const maxHosts = 32

// checkResources is CreateTrainingJob-10 and -11, Common-3 and Common-4.
func checkResources(in *sagemaker.CreateTrainingJobInput) error {
	r := in.ResourceConfig
	switch {
	case len(r.InstanceGroups) > 0 && (r.InstanceType != "" || r.InstanceCount != nil):
		return aws.Invalid("ResourceConfig takes either InstanceType with InstanceCount or InstanceGroups, not both.")
	case len(r.InstanceGroups) == 0 && (r.InstanceType == "" || r.InstanceCount == nil):
		return aws.Invalid("ResourceConfig needs InstanceType and InstanceCount, or InstanceGroups.")
	case len(r.InstanceGroups) > 0 && aws.Val(r.KeepAlivePeriodInSeconds) > 0:
		return aws.Invalid("ResourceConfig.KeepAlivePeriodInSeconds cannot be used with InstanceGroups.")
	case aws.Val(r.KeepAlivePeriodInSeconds) > 0 && aws.Val(in.EnableManagedSpotTraining):
		return aws.Invalid("ResourceConfig.KeepAlivePeriodInSeconds cannot be used with managed spot training: reclaimed instances cannot be kept.")
	}
	if err := checkGroups(r); err != nil {
		return err
	}
	hosts := hostsOf(in)
	if len(hosts) > maxHosts {
		return aws.Errorf(aws.ResourceLimitExceeded, "The training job asks for %d instances; %d is the limit here, since all of them run on one machine.", len(hosts), maxHosts)
	}
	if err := aws.CheckVolumeKey("ResourceConfig.VolumeKmsKeyId", aws.Val(r.VolumeKmsKeyId)); err != nil {
		return err
	}
	for _, h := range hosts {
		if t, ok := instance.Lookup(h.InstanceType); ok && t.LocalDiskBytes > 0 && r.VolumeKmsKeyId != nil {
			return aws.Invalid("ResourceConfig.VolumeKmsKeyId cannot be given for %s: the type has local storage, and no volume that could be encrypted.", h.InstanceType)
		}
	}
	return nil
}

// checkGroups checks the number of instances, by groups or without.
func checkGroups(r *sagemaker.ResourceConfig) error {
	if r.InstanceCount != nil && *r.InstanceCount < 1 {
		return aws.Invalid("ResourceConfig.InstanceCount must be at least 1.")
	}
	names := map[string]bool{}
	for _, g := range r.InstanceGroups {
		if *g.InstanceCount < 1 {
			return aws.Invalid("The instance group %q must have at least 1 instance.", *g.InstanceGroupName)
		}
		if names[*g.InstanceGroupName] {
			return aws.Invalid("The instance group name %q occurs more than once. Names of groups must be unique.", *g.InstanceGroupName)
		}
		names[*g.InstanceGroupName] = true
	}
	return nil
}
