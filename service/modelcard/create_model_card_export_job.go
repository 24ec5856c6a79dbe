package modelcard

import (
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// CreateModelCardExportJob has a version of a card, the latest unless one is given,
// printed into a bucket of the caller's. The answer does not wait for that.
func (s *Service) CreateModelCardExportJob(ctx context.Context, in *sagemaker.CreateModelCardExportJobInput) (*sagemaker.CreateModelCardExportJobOutput, error) {
	scope := aws.ScopeFrom(ctx)
	bucket, prefix, err := blob.ParseURI(*in.OutputConfig.S3OutputPath)
	if err != nil {
		return nil, aws.Invalid("OutputConfig: %s.", err)
	}
	if missing, err := s.missingBucket(ctx, scope, bucket); err != nil {
		return nil, err
	} else if missing != "" {
		return nil, aws.Invalid("OutputConfig: %s", missing)
	}
	e := &exportRow{Scope: scope}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		r, _, version, err := load(tx, scope, *in.ModelCardName, in.ModelCardVersion)
		if err != nil {
			return err
		}
		e.Name, e.Parent = exportName(r.Name, *in.ModelCardExportJobName), r.Name
		e.ARN = aws.SageMakerARN(scope, cards.Kind(), e.Name)
		e.Body = Export{
			Name: *in.ModelCardExportJobName, Card: r.Name, Version: version, OutputPath: *in.OutputConfig.S3OutputPath,
			Status: sagemaker.ModelCardExportJobStatusInProgress,
		}
		e.Status = string(e.Body.Status)
		if err := blob.ValidKey(e.Body.key(prefix)); err != nil {
			return aws.Invalid("OutputConfig: the document would have the key %s, and %s.", e.Body.key(prefix), err)
		}
		taken, err := store.HasARN(tx, scope, exports.Kind(), e.ARN)
		if err != nil {
			return err
		}
		if taken {
			return aws.Errorf(aws.ConflictException, "Model card export job %s already exists (%s). Choose another name.", e.Body.Name, e.ARN)
		}
		if err := exports.Insert(tx, e); err != nil {
			return err
		}
		w := work{scope.Account, scope.Region, e.Name}
		return s.Tasks.Add(tx, task.Spec{Kind: taskExport, Key: w.key(), Payload: w})
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateModelCardExportJobOutput{ModelCardExportJobArn: &e.ARN}, nil
}

// missingBucket says why the bucket cannot be written to, "" when it can.
func (s *Service) missingBucket(ctx context.Context, scope aws.Scope, name string) (reason string, err error) {
	b, err := s.Objects.GetBucket(ctx, name)
	switch {
	case errors.Is(err, blob.ErrNoSuchBucket), err == nil && b.Account != scope.Account:
		return "The bucket " + name + " does not exist in this account. Create it, or correct S3OutputPath.", nil
	case err != nil:
		return "", err
	}
	return "", nil
}
