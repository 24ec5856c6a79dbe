package inferencecomponent

import (
	"testing"

	"github.com/sagebrush/sagebrush/kit/kittest"
)

// Every status is reached by a transition, and the page in docs/ shows them; make
// generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	kittest.Page(t, "Inference component", kittest.States(t, kittest.Enum(t, "DescribeInferenceComponent", "InferenceComponentStatus"), Transitions, nil, creating))
}
