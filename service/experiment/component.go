package experiment

import (
	"math"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Component is what is stored of a trial component. Its row's Parent is the ARN
// of its source in lower case, by which the SDK looks for it.
type Component struct {
	// Name is the name as it was given.
	Name               string
	DisplayName        string                          `json:",omitempty"`
	Status             *sagemaker.TrialComponentStatus `json:",omitempty"`
	StartTime, EndTime *time.Time                      `json:",omitempty"`
	Parameters         parameters                      `json:",omitempty"`
	InputArtifacts     artifacts                       `json:",omitempty"`
	OutputArtifacts    artifacts                       `json:",omitempty"`
	MetadataProperties *sagemaker.MetadataProperties   `json:",omitempty"`
	// Source is the job that made the component, nil for one made by hand.
	Source *sagemaker.TrialComponentSource `json:",omitempty"`
	// Sources are the jobs that were attached to a run.
	Sources []*sagemaker.TrialComponentSource `json:",omitempty"`
	// RunName is the run that the component's job was attached to.
	RunName                   string `json:",omitempty"`
	CreatedBy, LastModifiedBy *sagemaker.UserContext
}

type (
	componentRow = store.Row[Component]
	parameters   = map[string]*sagemaker.TrialComponentParameterValue
	artifacts    = map[string]*sagemaker.TrialComponentArtifact
)

var components = kit.Kind[Component]{
	Table: store.NewTable[Component]("experiment-trial-component"), Noun: "Trial component", Folded: true,
	Taken: aws.ValidationException, Missing: aws.ResourceNotFound,
}

// Bounds of a component (Co-8).
const (
	maxParameters = 300
	maxArtifacts  = 60
)

// check refuses a component that breaks a bound, or has a parameter that is not
// either a number or a string (Co-8).
func (c *Component) check() error {
	for _, m := range []struct {
		what    string
		n, most int
	}{
		{"Parameters", len(c.Parameters), maxParameters},
		{"InputArtifacts", len(c.InputArtifacts), maxArtifacts},
		{"OutputArtifacts", len(c.OutputArtifacts), maxArtifacts},
	} {
		if m.n > m.most {
			return aws.Invalid("The trial component %q would have %d %s; %d is the most. Remove some first.", c.Name, m.n, m.what, m.most)
		}
	}
	for name, p := range c.Parameters {
		switch {
		case p.StringValue != nil && p.NumberValue != nil:
			return aws.Invalid("The parameter %q has both a StringValue and a NumberValue. Give one of them.", name)
		case p.StringValue == nil && p.NumberValue == nil:
			return aws.Invalid("The parameter %q has neither a StringValue nor a NumberValue. Give one of them.", name)
		case p.NumberValue != nil && (math.IsNaN(*p.NumberValue) || math.IsInf(*p.NumberValue, 0)):
			return aws.Invalid("The NumberValue of the parameter %q is not a finite number. Give it as a StringValue.", name)
		}
	}
	return nil
}

// whole is m, or an empty map: the SDK's analytics take maps that are not there for
// lists.
func whole[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// sourceKey is the Parent of a component with that source.
func sourceKey(arn string) string { return strings.ToLower(arn) }
