package registry

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// resolveDigests fills in the digests of the images that are known here. A model
// may be registered before its image is; then it has none.
func (s *Service) resolveDigests(ctx context.Context, in *sagemaker.CreateModelPackageInput) error {
	if in.InferenceSpecification != nil {
		if err := s.resolveAll(ctx, in.InferenceSpecification.Containers); err != nil {
			return err
		}
	}
	return s.resolveAdditional(ctx, in.AdditionalInferenceSpecifications)
}

func (s *Service) resolveAdditional(ctx context.Context, specs []*sagemaker.AdditionalInferenceSpecificationDefinition) error {
	for _, a := range specs {
		if err := s.resolveAll(ctx, a.Containers); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) resolveAll(ctx context.Context, containers []*sagemaker.ModelPackageContainerDefinition) error {
	for _, c := range containers {
		digest, err := s.Images.Digest(ctx, *c.Image)
		switch {
		case aws.CodeOf(err) == aws.ValidationException || err == nil && digest == "":
			continue
		case err != nil:
			return err
		case c.ImageDigest == nil:
			c.ImageDigest = &digest
		case !strings.EqualFold(*c.ImageDigest, digest):
			return aws.Invalid("ImageDigest is %s, but the content of the image %s has the digest %s here. Leave the member out to take the image as it is.", *c.ImageDigest, *c.Image, digest)
		}
	}
	return nil
}

// deriveSpecification takes the InferenceSpecification of a package that names an
// algorithm from there, with the package's own model data (CreateModelPackage-6).
func (s *Service) deriveSpecification(tx *store.Tx, r *row) error {
	source := r.Body.Request.SourceAlgorithmSpecification
	if source == nil {
		return nil
	}
	a := source.SourceAlgorithms[0] // the model allows one
	spec, err := s.Algorithms.InferenceSpecification(tx, r.Scope, *a.AlgorithmName)
	if err != nil {
		return err
	}
	if a.ModelDataUrl != nil {
		// The first container of a pipeline is the algorithm's own.
		spec.Containers[0].ModelDataUrl = a.ModelDataUrl
	}
	r.Body.Request.InferenceSpecification = spec
	return nil
}
