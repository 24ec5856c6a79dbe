package algorithm

import (
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit/kittest"
)

// CreateAlgorithm-8: every status of the model, of algorithms and of profiles, is
// reached by a transition or listed as reserved, and never both. The page in docs/
// is drawn from the tables; make generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	profiles := kittest.Enum(t, "DescribeAlgorithm", "AlgorithmStatusDetails", "ValidationStatuses", "Status")
	kittest.Page(t, "Algorithm",
		kittest.States(t, kittest.Enum(t, "DescribeAlgorithm", "AlgorithmStatus"), Transitions, Reserved, sagemaker.AlgorithmStatusPending),
		"Each validation profile, while the algorithm is InProgress:\n",
		kittest.States(t, profiles, ProfileTransitions, nil, sagemaker.DetailedAlgorithmStatusNotStarted))
}
