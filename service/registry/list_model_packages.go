package registry

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listPackages = kit.NewList(packages.Table, kit.ListOptions[sagemaker.ListModelPackagesInput, Package]{
	Strict: true, Own: []string{"ModelApprovalStatus", "ModelPackageGroupName", "ModelPackageType"}, Narrow: narrow, Keep: keep,
})

// ListModelPackages lists packages, the oldest first unless told otherwise: those
// without versions, unless a type or a group is given (CreateModelPackage-15,
// DescMP-13).
func (s *Service) ListModelPackages(ctx context.Context, in *sagemaker.ListModelPackagesInput) (*sagemaker.ListModelPackagesOutput, error) {
	if group := in.ModelPackageGroupName; group != nil {
		if in.ModelPackageType == sagemaker.ModelPackageTypeUnversioned {
			return nil, aws.Invalid("ModelPackageType Unversioned contradicts ModelPackageGroupName %s, whose packages are versions. Remove one of them.", *group)
		}
		g, err := groups.Read(ctx, s.Base, *group)
		if err != nil {
			return nil, err
		}
		in.ModelPackageGroupName = &g.Name
	}
	rows, next, err := listPackages.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListModelPackagesOutput{NextToken: next, ModelPackageSummaryList: kit.Map(rows, func(r *row) *sagemaker.ModelPackageSummary {
		p := &r.Body
		return &sagemaker.ModelPackageSummary{
			ModelPackageName: p.name(), ModelPackageGroupName: p.group(), ModelPackageVersion: p.version(), ModelPackageArn: &r.ARN,
			ModelPackageDescription: p.Request.ModelPackageDescription, CreationTime: &r.CreatedAt,
			ModelPackageStatus: p.Status, ModelApprovalStatus: p.Approval,
		}
	})}, nil
}

// narrow adds what the store can look up.
func narrow(in *sagemaker.ListModelPackagesInput, q *store.Query) error {
	q.Status = string(in.ModelApprovalStatus)
	switch {
	case in.ModelPackageGroupName != nil:
		q.Parent = parentOf(*in.ModelPackageGroupName)
		// All versions have the name of their group, so this is the order of their
		// numbers either way.
		q.SortBy = store.ByCreated
	case in.ModelPackageType == "" || in.ModelPackageType == sagemaker.ModelPackageTypeUnversioned:
		q.Parent = unversioned
	}
	return nil
}

// keep leaves out what the store cannot: packages without versions among all
// packages, and names that match only by the number of the version.
func keep(in *sagemaker.ListModelPackagesInput) func(r *row) bool {
	mixed := in.ModelPackageGroupName == nil && in.ModelPackageType == sagemaker.ModelPackageTypeVersioned
	if in.NameContains == nil && !mixed {
		return nil
	}
	return func(r *row) bool {
		name, _, _ := strings.Cut(r.Name, "/")
		return !(mixed && r.Parent == unversioned) && strings.Contains(name, aws.Val(in.NameContains))
	}
}
