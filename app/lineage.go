package app

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/service/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// packageLineage tells the lineage graph what the registry does.
type packageLineage struct{ origins *lineage.Service }

// RecordModelPackage implements registry.Lineage.
func (l packageLineage) RecordModelPackage(tx *store.Tx, scope aws.Scope, p *sagemaker.ModelPackage) error {
	made := graph.ModelPackage{
		ARN: *p.ModelPackageArn, Name: aws.Val(p.ModelPackageName), GroupName: aws.Val(p.ModelPackageGroupName),
		Version: int(aws.Val(p.ModelPackageVersion)), Approval: string(p.ModelApprovalStatus),
	}
	if made.GroupName != "" {
		made.GroupARN = aws.SageMakerARN(scope, "model-package-group", made.GroupName)
	}
	if i := p.InferenceSpecification; i != nil {
		for _, c := range i.Containers {
			made.Contributions = append(made.Contributions, graph.Data{URI: aws.Val(c.Image), Type: graph.TypeImage})
			if c.ModelDataUrl != nil {
				made.Contributions = append(made.Contributions, graph.Data{URI: *c.ModelDataUrl, Type: graph.TypeModelData})
			}
		}
	}
	if a := p.SourceAlgorithmSpecification; a != nil {
		for _, from := range a.SourceAlgorithms {
			arn := *from.AlgorithmName
			if _, ok := aws.ParseARN(arn); !ok {
				arn = aws.SageMakerARN(scope, "algorithm", arn)
			}
			made.Contributions = append(made.Contributions, graph.Data{URI: arn, Type: graph.TypeAlgorithm})
		}
	}
	return l.origins.RecordModelPackage(tx, scope, made)
}

// RecordApproval implements registry.Lineage.
func (l packageLineage) RecordApproval(tx *store.Tx, scope aws.Scope, p *sagemaker.ModelPackage) error {
	return l.origins.RecordApproval(tx, scope, graph.Approval{
		PackageARN: *p.ModelPackageArn, Name: aws.Val(p.ModelPackageName), GroupName: aws.Val(p.ModelPackageGroupName),
		Version: int(aws.Val(p.ModelPackageVersion)), Status: string(p.ModelApprovalStatus),
	})
}
