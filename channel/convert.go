package channel

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// FromAPI is a channel of a request with its effective settings: its own
// InputMode or the job's (Data-3). ok is false for a channel whose data source is
// not S3, which is none of this package.
func FromAPI(in *sagemaker.Channel, jobMode sagemaker.TrainingInputMode) (c Channel, ok bool) {
	if in.DataSource == nil || in.DataSource.S3DataSource == nil {
		return Channel{}, false
	}
	s3 := in.DataSource.S3DataSource
	c = Channel{
		Name: aws.Val(in.ChannelName), Mode: string(in.InputMode), Type: string(s3.S3DataType), URI: aws.Val(s3.S3Uri),
		Distribution: string(s3.S3DataDistributionType), Compression: string(in.CompressionType), Wrapper: string(in.RecordWrapperType),
		AttributeNames: s3.AttributeNames, Groups: s3.InstanceGroupNames,
	}
	if c.Mode == "" {
		c.Mode = string(jobMode)
	}
	if in.ShuffleConfig != nil {
		seed := aws.Val(in.ShuffleConfig.Seed)
		c.ShuffleSeed = &seed
	}
	return c, true
}
