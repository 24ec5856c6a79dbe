package registry

import (
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// BatchDescribeModelPackage answers what is asked for of up to 100 versions at
// once, and for each of the others why not (BatchDescribeModelPackage-1 … -4).
func (s *Service) BatchDescribeModelPackage(ctx context.Context, in *sagemaker.BatchDescribeModelPackageInput) (*sagemaker.BatchDescribeModelPackageOutput, error) {
	out := &sagemaker.BatchDescribeModelPackageOutput{ModelPackageSummaries: map[string]*sagemaker.BatchDescribeModelPackageSummary{}}
	scope := aws.ScopeFrom(ctx)
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		rows, err := packages.GetByARNs(tx, scope, in.ModelPackageArnList)
		if err != nil {
			return err
		}
		for _, arn := range in.ModelPackageArnList {
			r, err := rows[arn], error(nil)
			if r == nil { // it does not exist, or is spelled in another way
				r, err = load(tx, scope, arn)
			}
			var summary *sagemaker.BatchDescribeModelPackageSummary
			if err == nil {
				summary, err = summarizeVersion(r)
			}
			if refusal := (*aws.Error)(nil); errors.As(err, &refusal) && refusal.Code == aws.ValidationException {
				if out.BatchDescribeModelPackageErrorMap == nil {
					out.BatchDescribeModelPackageErrorMap = map[string]*sagemaker.BatchDescribeModelPackageError{}
				}
				out.BatchDescribeModelPackageErrorMap[arn] = &sagemaker.BatchDescribeModelPackageError{
					ErrorCode: aws.Ptr(string(refusal.Code)), ErrorResponse: &refusal.Message,
				}
				continue
			} else if err != nil {
				return err
			}
			out.ModelPackageSummaries[arn] = summary
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// summarizeVersion refuses packages that lack what every summary has: a group, and
// an inference specification (BatchDescribeModelPackage-3).
func summarizeVersion(r *row) (*sagemaker.BatchDescribeModelPackageSummary, error) {
	p := &r.Body
	switch {
	case !p.versioned():
		return nil, aws.Invalid("%s is a model package without versions. Use DescribeModelPackage.", r.ARN)
	case p.Request.InferenceSpecification == nil:
		return nil, aws.Invalid("%s has no inference specification. Use DescribeModelPackage.", r.ARN)
	}
	return &sagemaker.BatchDescribeModelPackageSummary{
		ModelPackageGroupName: p.group(), ModelPackageVersion: p.version(), ModelPackageArn: &r.ARN,
		ModelPackageDescription: p.Request.ModelPackageDescription, CreationTime: &r.CreatedAt,
		InferenceSpecification: p.Request.InferenceSpecification, ModelPackageStatus: p.Status, ModelApprovalStatus: p.Approval,
	}, nil
}
