package experiment

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Trial is what is stored of a trial. Its row's Parent is its experiment's row.
type Trial struct {
	// Name and Experiment are names as they were given.
	Name, Experiment          string
	DisplayName               string                        `json:",omitempty"`
	MetadataProperties        *sagemaker.MetadataProperties `json:",omitempty"`
	CreatedBy, LastModifiedBy *sagemaker.UserContext
}

type trialRow = store.Row[Trial]

var trials = kit.Kind[Trial]{
	Table: store.NewTable[Trial]("experiment-trial"), Noun: "Trial", Folded: true,
	Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
}

// newTrial is the row of a trial of an experiment that is not stored yet.
func newTrial(experiment *experimentRow, name string, who *sagemaker.UserContext) *trialRow {
	return &trialRow{Scope: experiment.Scope, Name: name, Parent: experiment.Name, Body: Trial{
		Name: name, Experiment: experiment.Body.Name, CreatedBy: who, LastModifiedBy: who,
	}}
}
