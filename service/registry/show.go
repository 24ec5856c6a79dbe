package registry

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// show is the package as Search and lineage see it, without tags.
func show(r *row) *sagemaker.ModelPackage {
	p := &r.Body
	q := &p.Request
	return &sagemaker.ModelPackage{
		ModelPackageName: p.name(), ModelPackageGroupName: p.group(), ModelPackageVersion: p.version(), ModelPackageArn: &r.ARN,
		ModelPackageDescription: q.ModelPackageDescription, CreationTime: &r.CreatedAt, CreatedBy: p.CreatedBy,
		LastModifiedTime: &r.ModifiedAt, LastModifiedBy: p.LastModifiedBy,
		InferenceSpecification: q.InferenceSpecification, AdditionalInferenceSpecifications: q.AdditionalInferenceSpecifications,
		SourceAlgorithmSpecification: q.SourceAlgorithmSpecification, ValidationSpecification: q.ValidationSpecification,
		SkipModelValidation: q.SkipModelValidation, ModelPackageStatus: p.Status, ModelPackageStatusDetails: details(),
		CertifyForMarketplace: q.CertifyForMarketplace, ModelApprovalStatus: p.Approval, ApprovalDescription: p.ApprovalDescription,
		MetadataProperties: q.MetadataProperties, ModelMetrics: q.ModelMetrics, DriftCheckBaselines: q.DriftCheckBaselines,
		Domain: q.Domain, Task: q.Task, SamplePayloadUrl: q.SamplePayloadUrl, CustomerMetadataProperties: q.CustomerMetadataProperties,
	}
}

// details are the statuses of validations and image scans; there are none of
// either, and both lists are there, because clients read them (DescMP-5).
func details() *sagemaker.ModelPackageStatusDetails {
	return &sagemaker.ModelPackageStatusDetails{ValidationStatuses: []*sagemaker.ModelPackageStatusItem{}, ImageScanStatuses: []*sagemaker.ModelPackageStatusItem{}}
}
