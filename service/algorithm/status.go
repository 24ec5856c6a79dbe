package algorithm

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

type (
	status            = sagemaker.AlgorithmStatus
	detail            = sagemaker.DetailedAlgorithmStatus
	transition        = kit.Transition[status, row]
	profileTransition = kit.Transition[detail, Profile]
)

// The transitions of an algorithm (CreateAlgorithm-8, DescribeAlgorithm-1).
var (
	accept = transition{Name: "nothing to validate", To: sagemaker.AlgorithmStatusCompleted,
		From: []status{sagemaker.AlgorithmStatusPending}}
	begin = transition{Name: "validate", To: sagemaker.AlgorithmStatusInProgress,
		From: []status{sagemaker.AlgorithmStatusPending}}
	complete = transition{Name: "all profiles completed", To: sagemaker.AlgorithmStatusCompleted,
		From: []status{sagemaker.AlgorithmStatusInProgress}}
	fail = transition{Name: "a profile failed", To: sagemaker.AlgorithmStatusFailed,
		From: []status{sagemaker.AlgorithmStatusInProgress}}
)

// Transitions is the whole table, for the test and the diagram in docs/.
var Transitions = []transition{accept, begin, complete, fail}

// Reserved are the statuses that no transition leads to, with the reason.
var Reserved = map[status]string{
	sagemaker.AlgorithmStatusDeleting: "an algorithm is deleted in one transaction",
}

// The transitions of a validation profile.
var (
	start = profileTransition{Name: "start the job", To: sagemaker.DetailedAlgorithmStatusInProgress, Apply: stamp,
		From: []detail{sagemaker.DetailedAlgorithmStatusNotStarted}}
	pass = profileTransition{Name: "the job completed", To: sagemaker.DetailedAlgorithmStatusCompleted,
		From: []detail{sagemaker.DetailedAlgorithmStatusInProgress}}
	miss = profileTransition{Name: "the job did not", To: sagemaker.DetailedAlgorithmStatusFailed,
		From: []detail{sagemaker.DetailedAlgorithmStatusInProgress}}
)

// ProfileTransitions is the table of profiles.
var ProfileTransitions = []profileTransition{start, pass, miss}

func stamp(p *Profile, at time.Time) { p.StartedAt = at }

// fire moves the row's status, in both places where it is kept.
func fire(tr transition, r *row, at time.Time) error {
	if err := tr.Fire(&r.Body.Status, r, at); err != nil {
		return err
	}
	r.Status = string(r.Body.Status)
	return nil
}

// ended says that nothing follows s but deletion.
func ended(s status) bool {
	return s == sagemaker.AlgorithmStatusCompleted || s == sagemaker.AlgorithmStatusFailed
}
