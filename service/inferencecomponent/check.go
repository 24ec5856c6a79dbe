package inferencecomponent

import (
	"context"
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
)

// checkSpec refuses a specification that says two things, or none.
func checkSpec(s *sagemaker.InferenceComponentSpecification, keepsModel bool) error {
	q := s.ComputeResourceRequirements
	switch {
	case s.ModelName != nil && s.Container != nil:
		return aws.Invalid("The Specification has a ModelName and a Container. Give one of them.")
	case s.ModelName == nil && s.Container == nil && !keepsModel:
		return aws.Invalid("The Specification names no model. Give its ModelName, or a Container.")
	case s.Container != nil && s.Container.Image == nil:
		return aws.Invalid("The Container has no Image. Give the image that serves the model.")
	case q.MaxMemoryRequiredInMb != nil && *q.MaxMemoryRequiredInMb < *q.MinMemoryRequiredInMb:
		return aws.Invalid("MaxMemoryRequiredInMb is %d, less than the MinMemoryRequiredInMb %d.", *q.MaxMemoryRequiredInMb, *q.MinMemoryRequiredInMb)
	}
	return nil
}

// version is a specification with what it runs. old, which may be nil, is what it
// takes the place of: without a model of its own it keeps the old one's.
func (s *Service) version(ctx context.Context, scope aws.Scope, spec *sagemaker.InferenceComponentSpecification, old *Version) (*Version, error) {
	if err := checkSpec(spec, old != nil); err != nil {
		return nil, err
	}
	v := &Version{Spec: *spec}
	switch c := spec.Container; {
	case c != nil:
		one := replica.Container{Hostname: "container-1", Image: *c.Image, Environment: c.Environment}
		if c.ArtifactUrl != nil {
			one.Data = &modeldata.Source{URI: *c.ArtifactUrl, Gzip: true}
		}
		v.Model = replica.Model{Containers: []replica.Container{one}}
	case spec.ModelName != nil:
		err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
			v.Model, err = s.Models.ForEndpoint(tx, scope, *spec.ModelName)
			return err
		})
		if err != nil {
			return nil, err
		}
	default:
		v.Model, v.Spec.ModelName, v.Spec.Container = old.Model, old.Spec.ModelName, old.Spec.Container
		if v.Spec.StartupParameters == nil {
			v.Spec.StartupParameters = old.Spec.StartupParameters
		}
	}
	switch {
	case len(v.Model.Containers) != 1:
		return nil, aws.Invalid("The model %s has %d containers, and an inference component runs one. Make a component of each.", v.Model.Name, len(v.Model.Containers))
	case v.Model.Containers[0].MultiModel:
		return nil, aws.Invalid("The model %s has a container whose Mode is MultiModel, which inference components do not run. Make a component of each of its models.", v.Model.Name)
	}
	return v, s.Machine.Place(ctx, &v.Model)
}

// may refuses what a component in that status cannot do now.
func may(t transition, r *row) error {
	if slices.Contains(t.From, r.Body.Status) {
		return nil
	}
	return aws.Invalid("Cannot %s inference component %q while it is %s.", t.Name, r.ARN, r.Body.Status)
}
