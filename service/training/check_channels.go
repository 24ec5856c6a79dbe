package training

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/channel"
)

// checkChannels is CreateTrainingJob-7 … -10. What members of one S3 channel say
// about each other, package channel checks.
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
		if err := checkChannel(c, in); err != nil {
			return err
		}
	}
	return channel.CheckAll(s3Channels(in))
}

func checkChannel(c *sagemaker.Channel, in *sagemaker.CreateTrainingJobInput) error {
	name, mode := *c.ChannelName, c.InputMode
	if mode == "" {
		mode = in.AlgorithmSpecification.TrainingInputMode
	}
	file := mode == sagemaker.TrainingInputModeFile
	s3, fs := c.DataSource.S3DataSource, c.DataSource.FileSystemDataSource
	switch {
	case (s3 == nil) == (fs == nil):
		return aws.Invalid("The channel %q needs exactly one data source: an S3DataSource or a FileSystemDataSource.", name)
	case name == "model" && !file:
		return aws.Invalid("The channel %q, for incremental training, needs the input mode File.", name)
	case fs != nil && !file:
		return aws.Invalid("The channel %q reads a file system, which needs the input mode File.", name)
	case fs != nil && (c.CompressionType == sagemaker.CompressionTypeGzip || c.RecordWrapperType == sagemaker.RecordWrapperRecordIO || c.ShuffleConfig != nil):
		return aws.Invalid("The channel %q reads a file system, which takes no CompressionType, RecordWrapperType or ShuffleConfig.", name)
	case fs != nil && in.VpcConfig == nil:
		return aws.Invalid("The channel %q reads a file system, which needs a VpcConfig.", name)
	case fs != nil:
		return nil
	}
	for _, group := range s3.InstanceGroupNames {
		if !slices.ContainsFunc(in.ResourceConfig.InstanceGroups, func(g *sagemaker.InstanceGroup) bool { return *g.InstanceGroupName == group }) {
			return aws.Invalid("The channel %q names the instance group %q, which ResourceConfig.InstanceGroups does not have.", name, group)
		}
	}
	_, _, err := parseS3(*s3.S3Uri)
	return err
}
