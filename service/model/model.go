package model

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Model is what is stored of a model.
type Model struct {
	// Request is the request as it was accepted, without its tags.
	Request sagemaker.CreateModelInput
	// Packaged are the containers behind each container that names a model package,
	// as they were when the model was made, by position among the request's containers.
	Packaged map[int][]*sagemaker.ModelPackageContainerDefinition `json:",omitempty"`
}

type row = store.Row[Model]

// No error is modelled for models (Err-4), and clients search for "Could not find
// model" and "Cannot create already existing model" (X-4, clients 2.3).
var models = kit.Kind[Model]{
	Table: store.NewTable[Model]("model"), Noun: "Model", Taken: aws.ValidationException, Missing: aws.ValidationException,
	QuotesARN: true, Quota: &kit.Quota{Name: "models"},
}

// containers are the containers of a request, one or a pipeline.
func containers(in *sagemaker.CreateModelInput) []*sagemaker.ContainerDefinition {
	if in.PrimaryContainer != nil {
		return []*sagemaker.ContainerDefinition{in.PrimaryContainer}
	}
	return in.Containers
}
