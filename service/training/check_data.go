package training

import (
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/channel"
)

// checkData looks for what the job will read and write (CreateTrainingJob-17),
// which has to be in its region (Data-10).
func (s *Service) checkData(ctx context.Context, scope aws.Scope, in *sagemaker.CreateTrainingJobInput) error {
	for _, c := range in.InputDataConfig {
		if fs := c.DataSource.FileSystemDataSource; fs != nil {
			if _, err := s.fileSystemDir(fs); err != nil {
				return err
			}
		}
	}
	region := s.regionOfData(scope.Region)
	for _, c := range s3Channels(in) {
		found, err := s.Data.Look(ctx, aws.Scope{Account: scope.Account, Region: region}, c)
		if mine := (*channel.Error)(nil); errors.As(err, &mine) {
			return aws.Invalid("The channel %q: %s.", c.Name, mine.Reason)
		} else if err != nil {
			return err
		}
		if !found {
			return aws.Invalid("No S3 objects found under S3 URL %q given in input data source (channel %q). Please ensure that the bucket exists in the selected region (%s), that objects exist under that S3 prefix, and that the role %q has \"s3:ListBucket\" permissions on the bucket.",
				c.URI, c.Name, scope.Region, *in.RoleArn)
		}
	}
	for member, uri := range outputs(in) {
		bucket, _, err := parseS3(uri)
		if err != nil {
			return err
		}
		b, err := s.Objects.GetBucket(ctx, bucket)
		if err != nil && !errors.Is(err, blob.ErrNoSuchBucket) {
			return err
		}
		if err != nil || b.Account != scope.Account {
			return aws.Invalid("The bucket %q of %s %q does not exist or is not yours. Create it, or give a path in another bucket.", bucket, member, uri)
		}
		if region != "" && b.Region != region {
			return aws.Invalid("The bucket %q of %s %q is in the region %s. Give a path in a bucket of the job's own region, %s.", bucket, member, uri, b.Region, region)
		}
	}
	return nil
}

// outputs are the places that the job writes to, by member of the request.
func outputs(in *sagemaker.CreateTrainingJobInput) map[string]string {
	all := map[string]string{"OutputDataConfig.S3OutputPath": *in.OutputDataConfig.S3OutputPath}
	if c := in.CheckpointConfig; c != nil {
		all["CheckpointConfig.S3Uri"] = *c.S3Uri
	}
	if c := in.TensorBoardOutputConfig; c != nil {
		all["TensorBoardOutputConfig.S3OutputPath"] = *c.S3OutputPath
	}
	if c := in.DebugHookConfig; c != nil {
		all["DebugHookConfig.S3OutputPath"] = *c.S3OutputPath
	}
	if c := in.ProfilerConfig; c != nil && c.S3OutputPath != nil {
		all["ProfilerConfig.S3OutputPath"] = *c.S3OutputPath
	}
	return all
}
