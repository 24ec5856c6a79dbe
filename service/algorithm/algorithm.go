package algorithm

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Algorithm is what is stored of an algorithm. The row beside it holds name, ARN,
// times and the status.
type Algorithm struct {
	// Request is the request as it was accepted, with the images' digests filled in.
	Request sagemaker.CreateAlgorithmInput
	// Status is the AlgorithmStatus that the transitions move.
	Status sagemaker.AlgorithmStatus
	// Profiles are the validation profiles' states, in the request's order.
	Profiles []Profile `json:",omitempty"`
}

// Profile is the state of one validation profile.
type Profile struct {
	Name   string
	Status sagemaker.DetailedAlgorithmStatus
	// Job is the name of its training job, chosen when the algorithm was made, so
	// that a server which comes back finds the job it may have started.
	Job string
	// StartedAt is when its turn came.
	StartedAt     time.Time `json:",omitzero"`
	FailureReason string    `json:",omitempty"`
}

type row = store.Row[Algorithm]

var algorithms = store.NewTable[Algorithm]("algorithm")

// work is the payload of the validation task.
type work struct {
	Account, Region, Name string
}

func workOf(r *row) work        { return work{r.Scope.Account, r.Scope.Region, r.Name} }
func (w work) scope() aws.Scope { return aws.Scope{Account: w.Account, Region: w.Region} }
func (w work) key() string      { return w.Account + "/" + w.Region + "/" + w.Name }
