package registry

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
)

// mostTransformInstances is how many instances a batch transform job has at most
// (DescMP-7).
const mostTransformInstances = 100

// checkProfiles refuses validation profiles that no batch transform job could run
// by (DescMP-7, Common-3, Common-4), also where the validation is skipped: they are
// part of the package, and described with it.
func checkProfiles(v *sagemaker.ModelPackageValidationSpecification) error {
	if v == nil {
		return nil
	}
	for _, p := range v.ValidationProfiles {
		d := p.TransformJobDefinition
		r := d.TransformResources
		switch t, known := instance.Lookup(string(r.InstanceType)); {
		case d.TransformInput.DataSource.S3DataSource.S3DataType == sagemaker.S3DataTypeAugmentedManifestFile:
			return aws.Invalid("The validation profile %q reads an AugmentedManifestFile, which batch transform jobs cannot. Use S3Prefix or ManifestFile.", *p.ProfileName)
		case *r.InstanceCount > mostTransformInstances:
			return aws.Invalid("The validation profile %q asks for %d instances; a batch transform job has up to %d.", *p.ProfileName, *r.InstanceCount, mostTransformInstances)
		case known && t.LocalDiskBytes > 0 && aws.Val(r.VolumeKmsKeyId) != "":
			return aws.Invalid("TransformResources.VolumeKmsKeyId of the validation profile %q cannot be given for %s: the type has local storage, and no volume that could be encrypted.", *p.ProfileName, r.InstanceType)
		}
		if err := aws.CheckKey("TransformOutput.KmsKeyId", aws.Val(d.TransformOutput.KmsKeyId)); err != nil {
			return err
		}
		if err := aws.CheckKey("TransformResources.VolumeKmsKeyId", aws.Val(r.VolumeKmsKeyId)); err != nil {
			return err
		}
	}
	return nil
}
