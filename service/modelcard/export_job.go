package modelcard

import (
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Export is what is stored of an export job.
type Export struct {
	// Name of the job, Card and Version what it prints.
	Name, Card string
	Version    int32
	// OutputPath is the request's, a bucket and a prefix.
	OutputPath string
	Status     sagemaker.ModelCardExportJobStatus
	// FailureReason is set when it Failed, Artifact, the document's URI, when it is
	// Completed.
	FailureReason string `json:",omitempty"`
	Artifact      string `json:",omitempty"`
}

type exportRow = store.Row[Export]

// exports are the rows of export jobs; their parent is the card, their status the
// job's.
var exports = store.NewTable[Export]("model-card-export-job")

// exportName is the name of a job's row, and what its ARN ends with: names of jobs
// are unique for each card.
func exportName(card, job string) string { return card + "/export-job/" + job }

// findExport is the job with that ARN.
func findExport(tx *store.Tx, scope aws.Scope, arn string) (*exportRow, error) {
	a, ok := aws.ParseARN(arn)
	if !ok || !strings.HasPrefix(a.Resource, cards.Kind()+"/") {
		return nil, aws.Invalid("%q is not the ARN of a model card export job.", arn)
	}
	a.Resource = strings.ToLower(a.Resource)
	var r *exportRow
	err := store.ErrNotFound
	if a.Account == scope.Account && a.Region == scope.Region {
		r, err = exports.GetByARN(tx, scope, a.String())
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, aws.Errorf(aws.ResourceNotFound, "Could not find model card export job %q: it does not exist in account %s and region %s.", arn, scope.Account, scope.Region)
	}
	return r, err
}

// work is the payload of the task.
type work struct{ Account, Region, Name string }

func (w work) scope() aws.Scope { return aws.Scope{Account: w.Account, Region: w.Region} }
func (w work) key() string      { return w.Account + "/" + w.Region + "/" + w.Name }

// key is where the document goes, from the bucket's root.
func (e *Export) key(prefix string) string {
	key := e.Card + "/" + e.Name + ".pdf"
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		key = prefix + "/" + key
	}
	return key
}
