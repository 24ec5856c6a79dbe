package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeModelPackage answers a package by name or ARN, a version by its ARN, as
// it was registered and updated since (DescMP-1, CreateModelPackage-14).
func (s *Service) DescribeModelPackage(ctx context.Context, in *sagemaker.DescribeModelPackageInput) (*sagemaker.DescribeModelPackageOutput, error) {
	var r *row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = load(tx, aws.ScopeFrom(ctx), *in.ModelPackageName)
		return err
	})
	if err != nil {
		return nil, err
	}
	p := show(r)
	return &sagemaker.DescribeModelPackageOutput{
		ModelPackageName: p.ModelPackageName, ModelPackageGroupName: p.ModelPackageGroupName, ModelPackageVersion: p.ModelPackageVersion,
		ModelPackageArn: p.ModelPackageArn, ModelPackageDescription: p.ModelPackageDescription, CreationTime: p.CreationTime,
		CreatedBy: p.CreatedBy, LastModifiedTime: p.LastModifiedTime, LastModifiedBy: p.LastModifiedBy,
		InferenceSpecification: p.InferenceSpecification, AdditionalInferenceSpecifications: p.AdditionalInferenceSpecifications,
		SourceAlgorithmSpecification: p.SourceAlgorithmSpecification, ValidationSpecification: p.ValidationSpecification,
		SkipModelValidation: p.SkipModelValidation, ModelPackageStatus: p.ModelPackageStatus, ModelPackageStatusDetails: p.ModelPackageStatusDetails,
		CertifyForMarketplace: p.CertifyForMarketplace, ModelApprovalStatus: p.ModelApprovalStatus, ApprovalDescription: p.ApprovalDescription,
		MetadataProperties: p.MetadataProperties, ModelMetrics: p.ModelMetrics, DriftCheckBaselines: p.DriftCheckBaselines,
		Domain: p.Domain, Task: p.Task, SamplePayloadUrl: p.SamplePayloadUrl, CustomerMetadataProperties: p.CustomerMetadataProperties,
	}, nil
}
