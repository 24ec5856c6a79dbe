package endpoint

import (
	"testing"

	"github.com/sagebrush/sagebrush/kit/kittest"
)

// DescribeEndpoint-1: every status is reached by a transition, and the page in
// docs/ shows them; make generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	kittest.Page(t, "Endpoint", kittest.States(t, kittest.Enum(t, "DescribeEndpoint", "EndpointStatus"), Transitions, nil, creating))
}
