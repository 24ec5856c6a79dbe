package experiment

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Experiment is what is stored of an experiment.
type Experiment struct {
	// Name is the name as it was given; the row has it in lower case.
	Name                      string
	DisplayName               string `json:",omitempty"`
	Description               string `json:",omitempty"`
	CreatedBy, LastModifiedBy *sagemaker.UserContext
}

type experimentRow = store.Row[Experiment]

// The SDK searches the message of a name that is taken for "already exists", with
// the code ValidationException (Err-2, Gen-2).
var experiments = kit.Kind[Experiment]{
	Table: store.NewTable[Experiment]("experiment"), Noun: "Experiment", Folded: true,
	Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
}
