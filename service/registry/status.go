package registry

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

type (
	groupTransition    = kit.Transition[sagemaker.ModelPackageGroupStatus, Group]
	packageTransition  = kit.Transition[sagemaker.ModelPackageStatus, Package]
	approvalTransition = kit.Transition[sagemaker.ModelApprovalStatus, Package]
)

// openGroup makes a group usable (Co-1).
var openGroup = groupTransition{Name: "create", To: sagemaker.ModelPackageGroupStatusCompleted,
	From: []sagemaker.ModelPackageGroupStatus{sagemaker.ModelPackageGroupStatusPending}}

// GroupTransitions is the table of groups, for the test and the diagram in docs/.
var GroupTransitions = []groupTransition{openGroup}

// GroupReserved are the statuses of groups that no transition leads to, and why.
var GroupReserved = map[sagemaker.ModelPackageGroupStatus]string{
	sagemaker.ModelPackageGroupStatusInProgress:   "a group is made in one transaction",
	sagemaker.ModelPackageGroupStatusFailed:       "a group is made in one transaction",
	sagemaker.ModelPackageGroupStatusDeleting:     "a group is deleted in one transaction",
	sagemaker.ModelPackageGroupStatusDeleteFailed: "a group is deleted in one transaction",
}

// accept completes a package that needs no validation (CreateModelPackage-9).
var accept = packageTransition{Name: "nothing to validate", To: sagemaker.ModelPackageStatusCompleted,
	From: []sagemaker.ModelPackageStatus{sagemaker.ModelPackageStatusPending}}

// Transitions is the table of packages.
var Transitions = []packageTransition{accept}

// Reserved are the statuses of packages that no transition leads to, and why.
var Reserved = map[sagemaker.ModelPackageStatus]string{
	sagemaker.ModelPackageStatusInProgress: "validation profiles are refused until there are batch transform jobs",
	sagemaker.ModelPackageStatusFailed:     "validation profiles are refused until there are batch transform jobs",
	sagemaker.ModelPackageStatusDeleting:   "a package is deleted in one transaction",
}

// The transitions of a version's approval: between any two (UpdMP-2).
var (
	approve = approvalTransition{Name: "approve", To: sagemaker.ModelApprovalStatusApproved,
		From: []sagemaker.ModelApprovalStatus{sagemaker.ModelApprovalStatusPendingManualApproval, sagemaker.ModelApprovalStatusRejected}}
	reject = approvalTransition{Name: "reject", To: sagemaker.ModelApprovalStatusRejected,
		From: []sagemaker.ModelApprovalStatus{sagemaker.ModelApprovalStatusPendingManualApproval, sagemaker.ModelApprovalStatusApproved}}
	reopen = approvalTransition{Name: "reopen", To: sagemaker.ModelApprovalStatusPendingManualApproval,
		From: []sagemaker.ModelApprovalStatus{sagemaker.ModelApprovalStatusApproved, sagemaker.ModelApprovalStatusRejected}}
)

// ApprovalTransitions is the table of approvals.
var ApprovalTransitions = []approvalTransition{approve, reject, reopen}

// setApproval moves the approval of a version to another status; changed is false
// when it has that status already.
func setApproval(r *row, to sagemaker.ModelApprovalStatus, at time.Time) (changed bool, err error) {
	if r.Body.Approval == to {
		return false, nil
	}
	for _, tr := range ApprovalTransitions {
		if tr.To == to {
			err = tr.Fire(&r.Body.Approval, &r.Body, at)
		}
	}
	r.Status = string(r.Body.Approval)
	return true, err
}
