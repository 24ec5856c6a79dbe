package registry

import (
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit/kittest"
)

// CreateModelPackage-9, UpdMP-2, Co-1: every status is reached by a transition or
// listed as reserved, and the page in docs/ shows them; make generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	kittest.Page(t, "Model package",
		kittest.States(t, kittest.Enum(t, "DescribeModelPackage", "ModelPackageStatus"), Transitions, Reserved, sagemaker.ModelPackageStatusPending),
		"The approval of a version, which its registration may give as well:\n",
		kittest.States(t, kittest.Enum(t, "DescribeModelPackage", "ModelApprovalStatus"), ApprovalTransitions, nil,
			sagemaker.ModelApprovalStatusPendingManualApproval, sagemaker.ModelApprovalStatusApproved, sagemaker.ModelApprovalStatusRejected),
		"A model package group:\n",
		kittest.States(t, kittest.Enum(t, "DescribeModelPackageGroup", "ModelPackageGroupStatus"), GroupTransitions, GroupReserved, sagemaker.ModelPackageGroupStatusPending))
}
