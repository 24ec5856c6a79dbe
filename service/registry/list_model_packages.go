package registry

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// own are the members of ListModelPackages that narrow and keep look at.
var own = []string{"ModelApprovalStatus", "ModelPackageGroupName", "ModelPackageType"}

var (
	listPackages = kit.NewList(packages.Table, kit.ListOptions[sagemaker.ListModelPackagesInput, Package]{Strict: true, Own: own, Narrow: narrow})
	// siftPackages also reads rows that the store cannot leave out.
	siftPackages = kit.NewList(packages.Table, kit.ListOptions[sagemaker.ListModelPackagesInput, Package]{Strict: true, Own: own, Narrow: narrow, Keep: keep})
)

// ListModelPackages lists packages, the oldest first unless told otherwise: those
// without versions, unless a type or a group is given (CreateModelPackage-15,
// DescMP-13).
func (s *Service) ListModelPackages(ctx context.Context, in *sagemaker.ListModelPackagesInput) (*sagemaker.ListModelPackagesOutput, error) {
	if group := in.ModelPackageGroupName; group != nil {
		if in.ModelPackageType == sagemaker.ModelPackageTypeUnversioned {
			return nil, aws.Invalid("ModelPackageType Unversioned contradicts ModelPackageGroupName %s, whose packages are versions. Remove one of them.", *group)
		}
		if _, err := groups.Read(ctx, s.Base, *group); err != nil {
			return nil, err
		}
	}
	list := listPackages
	if in.NameContains != nil || in.ModelPackageGroupName == nil && in.ModelPackageType == sagemaker.ModelPackageTypeVersioned {
		list = siftPackages
	}
	rows, next, err := list.Page(ctx, s.Base, in)
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
		name := *in.ModelPackageGroupName
		q.Parent = parentOf(name[strings.LastIndexByte(name, '/')+1:]) // of an ARN, too
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
func keep(in *sagemaker.ListModelPackagesInput, r *row) bool {
	if in.ModelPackageType == sagemaker.ModelPackageTypeVersioned && r.Parent == unversioned {
		return false
	}
	name, _, _ := strings.Cut(r.Name, "/")
	return strings.Contains(name, aws.Val(in.NameContains))
}
