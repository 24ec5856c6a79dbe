package algorithm

import (
	"context"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// CreateAlgorithm registers an image with its contract (CreateAlgorithm-1).
// Contradictions are refused here, as are images that are not known and
// validation profiles that would break the contract. Without profiles the
// algorithm is Completed when the answer arrives; with them it is Pending, and
// their training jobs decide (CreateAlgorithm-7, -8).
func (s *Service) CreateAlgorithm(ctx context.Context, in *sagemaker.CreateAlgorithmInput) (*sagemaker.CreateAlgorithmOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	tags, err := kit.TagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := s.resolveDigests(ctx, in); err != nil {
		return nil, err
	}
	setDefaults(in)
	in.Tags = nil // they live with the tags of all resources, and change there
	scope, name := aws.ScopeFrom(ctx), *in.AlgorithmName
	r := &row{Scope: scope, Name: name, ARN: aws.SageMakerARN(scope, "algorithm", name)}
	profiles := newProfiles(in)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		r.Body = Algorithm{Request: *in, Status: sagemaker.AlgorithmStatusPending, Profiles: profiles}
		r.Status = string(r.Body.Status)
		// Names that differ in case alone would share an ARN.
		taken, err := store.HasARN(tx, scope, algorithms.Kind(), r.ARN)
		if err != nil {
			return err
		}
		if taken {
			return exists(r)
		}
		if v := in.ValidationSpecification; v != nil {
			if err := s.Roles.EnsureRole(tx, scope, *v.ValidationRole); err != nil {
				return err
			}
			w := workOf(r)
			if err := s.Tasks.Add(tx, task.Spec{Kind: taskValidate, Key: w.key(), Payload: w}); err != nil {
				return err
			}
		} else if err := fire(accept, r, tx.Now); err != nil {
			return err
		}
		if err := algorithms.Insert(tx, r); errors.Is(err, store.ErrExists) {
			return exists(r)
		} else if err != nil {
			return err
		}
		return store.AddTags(tx, scope, r.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateAlgorithmOutput{AlgorithmArn: &r.ARN}, nil
}

// setDefaults fills in the answers that Describe gives although nobody sent them.
func setDefaults(in *sagemaker.CreateAlgorithmInput) {
	t := in.TrainingSpecification
	flags := []**bool{&in.CertifyForMarketplace, &t.SupportsDistributedTraining}
	for _, h := range t.SupportedHyperParameters {
		flags = append(flags, &h.IsTunable, &h.IsRequired)
	}
	for _, c := range t.TrainingChannels {
		flags = append(flags, &c.IsRequired)
	}
	for _, flag := range flags {
		if *flag == nil {
			*flag = aws.Ptr(false)
		}
	}
}

// exists refuses a name that is taken: no error is modelled for it (CreateAlgorithm-9).
func exists(r *row) error {
	return aws.Invalid("Algorithm with name %s already exists (%s). Names must be unique within an account and region, whatever their letter case.", r.Name, r.ARN)
}

// resolveDigests fills in the digest of every image (DescribeAlgorithm-3). One
// that the request gives must be the image's: it promises a content.
func (s *Service) resolveDigests(ctx context.Context, in *sagemaker.CreateAlgorithmInput) error {
	t := in.TrainingSpecification
	if err := s.resolveDigest(ctx, "TrainingSpecification.TrainingImageDigest", *t.TrainingImage, &t.TrainingImageDigest); err != nil {
		return err
	}
	if in.InferenceSpecification == nil {
		return nil
	}
	for _, c := range in.InferenceSpecification.Containers {
		if err := s.resolveDigest(ctx, "InferenceSpecification.Containers.ImageDigest", *c.Image, &c.ImageDigest); err != nil {
			return err
		}
	}
	return nil
}

// resolveDigest asks for an image's digest and compares it with the given one.
func (s *Service) resolveDigest(ctx context.Context, member, uri string, given **string) error {
	digest, err := s.Images.Digest(ctx, uri)
	switch {
	case err != nil || digest == "":
		return err
	case *given == nil:
		*given = &digest
	case !strings.EqualFold(**given, digest):
		return aws.Invalid("%s is %s, but the content of the image %s has the digest %s here. Leave the member out to take the image as it is.", member, **given, uri, digest)
	}
	return nil
}
