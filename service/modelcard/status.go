package modelcard

import (
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

type (
	transition    = kit.Transition[sagemaker.ModelCardStatus, Card]
	jobTransition = kit.Transition[sagemaker.ModelCardExportJobStatus, Export]
)

// statuses are all statuses of a card; people move it between any two.
var statuses = []sagemaker.ModelCardStatus{
	sagemaker.ModelCardStatusDraft, sagemaker.ModelCardStatusPendingReview, sagemaker.ModelCardStatusApproved, sagemaker.ModelCardStatusArchived,
}

// Transitions is the table of cards, for the test and the diagram in docs/.
var Transitions = []transition{
	moveTo("redraft", sagemaker.ModelCardStatusDraft), moveTo("submit", sagemaker.ModelCardStatusPendingReview),
	moveTo("approve", sagemaker.ModelCardStatusApproved), moveTo("archive", sagemaker.ModelCardStatusArchived),
}

// moveTo is the transition to a status from all others.
func moveTo(name string, to sagemaker.ModelCardStatus) transition {
	return transition{Name: name, To: to, From: slices.DeleteFunc(slices.Clone(statuses), func(s sagemaker.ModelCardStatus) bool { return s == to })}
}

// setStatus moves a card to a status, which it may have already.
func setStatus(r *row, to sagemaker.ModelCardStatus, at time.Time) error {
	for _, tr := range Transitions {
		if tr.To == to && r.Body.Status != to {
			if err := tr.Fire(&r.Body.Status, &r.Body, at); err != nil {
				return err
			}
		}
	}
	r.Status = string(r.Body.Status)
	return nil
}

// The transitions of an export job.
var (
	complete = jobTransition{Name: "the document is stored", To: sagemaker.ModelCardExportJobStatusCompleted,
		From: []sagemaker.ModelCardExportJobStatus{sagemaker.ModelCardExportJobStatusInProgress}}
	fail = jobTransition{Name: "it cannot be", To: sagemaker.ModelCardExportJobStatusFailed,
		From: []sagemaker.ModelCardExportJobStatus{sagemaker.ModelCardExportJobStatusInProgress}}
)

// ExportTransitions is the table of export jobs.
var ExportTransitions = []jobTransition{complete, fail}
