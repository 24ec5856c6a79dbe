package endpointconfig

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
)

// memoryStepMB is what the memory of serverless variants is counted in.
const memoryStepMB = 1024

// checkVariant refuses members of a variant that do not fit each other.
func checkVariant(v *sagemaker.ProductionVariant) error {
	switch {
	case v.AcceleratorType != "":
		return inVariant(v, "has the AcceleratorType %s. There is no Elastic Inference here, as there is none on AWS since April 2023; choose an InstanceType with a GPU.", v.AcceleratorType)
	case aws.Val(v.EnableSSMAccess):
		return inVariant(v, "has EnableSSMAccess. There is no Systems Manager here; look into its programs on the machine that they run on.")
	case v.ServerlessConfig != nil:
		return checkServerlessVariant(v)
	}
	return checkInstances(v)
}

// checkServerlessVariant is CreateEndpointConfig-4: ServerlessConfig takes the
// place of everything about instances.
func checkServerlessVariant(v *sagemaker.ProductionVariant) error {
	s := v.ServerlessConfig
	for _, m := range []struct {
		name  string
		given bool
	}{
		{"InstanceType", v.InstanceType != ""}, {"InitialInstanceCount", v.InitialInstanceCount != nil},
		{"VolumeSizeInGB", v.VolumeSizeInGB != nil}, {"CoreDumpConfig", v.CoreDumpConfig != nil},
		{"ManagedInstanceScaling", v.ManagedInstanceScaling != nil}, {"RoutingConfig", v.RoutingConfig != nil},
	} {
		if m.given {
			return inVariant(v, "has a ServerlessConfig and %s, which is about instances. Give one or the other.", m.name)
		}
	}
	switch {
	case v.ModelName == nil:
		return inVariant(v, "has a ServerlessConfig and no ModelName. Inference components need instances; give the ModelName of what it serves.")
	case *s.MemorySizeInMB%memoryStepMB != 0:
		return inVariant(v, "has the MemorySizeInMB %d. It is one of 1024, 2048, 3072, 4096, 5120 and 6144.", *s.MemorySizeInMB)
	case s.ProvisionedConcurrency != nil && *s.ProvisionedConcurrency > *s.MaxConcurrency:
		return inVariant(v, "has the ProvisionedConcurrency %d, which is more than its MaxConcurrency %d.", *s.ProvisionedConcurrency, *s.MaxConcurrency)
	}
	return nil
}

// checkInstances is about a variant that runs on instances.
func checkInstances(v *sagemaker.ProductionVariant) error {
	switch {
	case v.InstanceType == "":
		return inVariant(v, "needs an InstanceType and InitialInstanceCount, or a ServerlessConfig.")
	case v.InitialInstanceCount == nil:
		return inVariant(v, "needs an InitialInstanceCount: how many %s it begins with.", v.InstanceType)
	case v.VolumeSizeInGB != nil && localDisk(v):
		return inVariant(v, "has a VolumeSizeInGB, and its InstanceType %s has storage of its own, so there is no volume. Leave VolumeSizeInGB out.", v.InstanceType)
	case v.CoreDumpConfig != nil:
		if err := checkURI("CoreDumpConfig.DestinationS3Uri", *v.CoreDumpConfig.DestinationS3Uri); err != nil {
			return err
		}
	}
	return checkScaling(v)
}

// checkScaling is CreateEndpointConfig-8.
func checkScaling(v *sagemaker.ProductionVariant) error {
	m := v.ManagedInstanceScaling
	if m == nil {
		return nil
	}
	if m.MinInstanceCount != nil && m.MaxInstanceCount != nil && *m.MinInstanceCount > *m.MaxInstanceCount {
		return inVariant(v, "has a MinInstanceCount of %d, which is more than its MaxInstanceCount %d.", *m.MinInstanceCount, *m.MaxInstanceCount)
	}
	if m.Status == sagemaker.ManagedInstanceScalingStatusDisabled {
		return nil
	}
	count := *v.InitialInstanceCount
	switch {
	case m.MaxInstanceCount == nil:
		return inVariant(v, "has ManagedInstanceScaling without a MaxInstanceCount: how many instances there may be at most.")
	case count > *m.MaxInstanceCount:
		return inVariant(v, "has an InitialInstanceCount of %d, which is more than the MaxInstanceCount %d of its ManagedInstanceScaling.", count, *m.MaxInstanceCount)
	case m.MinInstanceCount != nil && count < *m.MinInstanceCount:
		return inVariant(v, "has an InitialInstanceCount of %d, which is less than the MinInstanceCount %d of its ManagedInstanceScaling.", count, *m.MinInstanceCount)
	}
	return nil
}

// checkVolumeKey is CreateEndpointConfig-18 and Common-4: storage that comes with
// an instance is encrypted by the instance.
func checkVolumeKey(in *sagemaker.CreateEndpointConfigInput) error {
	if in.KmsKeyId == nil {
		return nil
	}
	for _, v := range variants(in) {
		if localDisk(v) {
			return inVariant(v, "has the InstanceType %s, whose storage is its own: KmsKeyId encrypts volumes, and there is none. Leave KmsKeyId out, or choose another type.", v.InstanceType)
		}
	}
	return nil
}

// localDisk says whether a variant's instances have storage of their own.
func localDisk(v *sagemaker.ProductionVariant) bool {
	t, _ := instance.Lookup(string(v.InstanceType))
	return t.LocalDiskBytes > 0
}
