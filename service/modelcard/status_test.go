package modelcard

import (
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit/kittest"
)

// Every status is reached by a transition, and the page in docs/ shows them; make
// generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	kittest.Page(t, "Model card",
		kittest.States(t, kittest.Enum(t, "DescribeModelCard", "ModelCardStatus"), Transitions, nil, statuses...),
		"An export job:\n",
		kittest.States(t, kittest.Enum(t, "DescribeModelCardExportJob", "Status"), ExportTransitions, nil, sagemaker.ModelCardExportJobStatusInProgress))
}
