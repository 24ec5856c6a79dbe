package training

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// checkChannels is CreateTrainingJob-7 … -10.
func checkChannels(in *sagemaker.CreateTrainingJobInput) error {
	var names []string
	for _, c := range in.InputDataConfig {
		name := *c.ChannelName
		if slices.Contains(names, name) {
			return aws.Invalid("The channel name %q occurs more than once in InputDataConfig. Channel names must be unique.", name)
		}
		if name == "." || name == ".." {
			return aws.Invalid("The channel name %q is not a name that a directory can have.", name)
		}
		names = append(names, name)
		mode := c.InputMode
		if mode == "" {
			mode = in.AlgorithmSpecification.TrainingInputMode
		}
		if err := checkChannel(c, mode, in); err != nil {
			return err
		}
	}
	return nil
}

func checkChannel(c *sagemaker.Channel, mode sagemaker.TrainingInputMode, in *sagemaker.CreateTrainingJobInput) error {
	name := *c.ChannelName
	s3, fs := c.DataSource.S3DataSource, c.DataSource.FileSystemDataSource
	pipe := mode == sagemaker.TrainingInputModePipe
	switch {
	case (s3 == nil) == (fs == nil):
		return aws.Invalid("The channel %q needs exactly one data source: an S3DataSource or a FileSystemDataSource.", name)
	case c.CompressionType == sagemaker.CompressionTypeGzip && !pipe:
		return aws.Invalid("The channel %q has CompressionType Gzip, which only Pipe mode takes. In %s mode leave CompressionType out or use None.", name, mode)
	case c.RecordWrapperType == sagemaker.RecordWrapperRecordIO && !pipe:
		return aws.Invalid("The channel %q has RecordWrapperType RecordIO, which only Pipe mode takes. In %s mode leave RecordWrapperType out or use None.", name, mode)
	case name == "model" && mode != sagemaker.TrainingInputModeFile:
		return aws.Invalid("The channel %q, for incremental training, needs the input mode File.", name)
	case fs != nil && mode != sagemaker.TrainingInputModeFile:
		return aws.Invalid("The channel %q reads a file system, which needs the input mode File.", name)
	case fs != nil && in.VpcConfig == nil:
		return aws.Invalid("The channel %q reads a file system, which needs a VpcConfig.", name)
	case fs != nil && c.ShuffleConfig != nil:
		return aws.Invalid("The channel %q reads a file system, which cannot be shuffled.", name)
	case fs != nil:
		return nil
	}
	return checkS3Channel(name, s3, mode, in)
}

func checkS3Channel(name string, s3 *sagemaker.S3DataSource, mode sagemaker.TrainingInputMode, in *sagemaker.CreateTrainingJobInput) error {
	augmented := s3.S3DataType == sagemaker.S3DataTypeAugmentedManifestFile
	switch {
	case augmented && mode != sagemaker.TrainingInputModePipe:
		return aws.Invalid("The channel %q has S3DataType AugmentedManifestFile, which only Pipe mode takes.", name)
	case augmented && len(s3.AttributeNames) == 0:
		return aws.Invalid("The channel %q has S3DataType AugmentedManifestFile and needs AttributeNames: which members of each line shall be read, and in which order.", name)
	case !augmented && len(s3.AttributeNames) > 0:
		return aws.Invalid("The channel %q has AttributeNames, which only AugmentedManifestFile takes.", name)
	case mode == sagemaker.TrainingInputModeFastFile && s3.S3DataType != sagemaker.S3DataTypeS3Prefix:
		return aws.Invalid("The channel %q has S3DataType %s; FastFile mode takes S3Prefix only.", name, s3.S3DataType)
	}
	for _, group := range s3.InstanceGroupNames {
		if !slices.ContainsFunc(in.ResourceConfig.InstanceGroups, func(g *sagemaker.InstanceGroup) bool { return *g.InstanceGroupName == group }) {
			return aws.Invalid("The channel %q names the instance group %q, which ResourceConfig.InstanceGroups does not have.", name, group)
		}
	}
	_, _, err := parseS3(*s3.S3Uri)
	return err
}
