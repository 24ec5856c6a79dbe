package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeModelCardExportJob answers a job by ARN, and where its document is.
func (s *Service) DescribeModelCardExportJob(ctx context.Context, in *sagemaker.DescribeModelCardExportJobInput) (*sagemaker.DescribeModelCardExportJobOutput, error) {
	var e *exportRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		e, err = findExport(tx, aws.ScopeFrom(ctx), *in.ModelCardExportJobArn)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &sagemaker.DescribeModelCardExportJobOutput{
		ModelCardExportJobName: &e.Body.Name, ModelCardExportJobArn: &e.ARN, Status: e.Body.Status,
		ModelCardName: &e.Body.Card, ModelCardVersion: &e.Body.Version,
		OutputConfig: &sagemaker.ModelCardExportOutputConfig{S3OutputPath: &e.Body.OutputPath},
		CreatedAt:    &e.CreatedAt, LastModifiedAt: &e.ModifiedAt, FailureReason: aws.Optional(e.Body.FailureReason),
	}
	if e.Body.Artifact != "" {
		out.ExportArtifacts = &sagemaker.ModelCardExportArtifacts{S3ExportArtifacts: &e.Body.Artifact}
	}
	return out, nil
}
