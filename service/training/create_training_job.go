package training

import (
	"context"
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// CreateTrainingJob accepts a job and answers its ARN at once; the job runs
// behind it (CreateTrainingJob-22). What can be known to be wrong is refused
// here: contradictions (CreateTrainingJob-3 … -16), an unknown image, a role of
// another account, buckets and prefixes with nothing in them
// (CreateTrainingJob-17), a name that was used before (CreateTrainingJob-1).
func (s *Service) CreateTrainingJob(ctx context.Context, in *sagemaker.CreateTrainingJobInput) (*sagemaker.CreateTrainingJobOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	tags, err := kit.TagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	scope := aws.ScopeFrom(ctx)
	uri, err := s.imageOf(ctx, scope, in)
	if err != nil {
		return nil, err
	}
	img, container, err := s.resolve(ctx, uri)
	if err != nil {
		return nil, err
	}
	if err := s.checkRegistry(in, container); err != nil {
		return nil, err
	}
	if err := s.checkData(ctx, scope, in); err != nil {
		return nil, err
	}
	setDefaults(in, img)
	in.Tags = nil // they live with the tags of all resources, and change there
	name := *in.TrainingJobName
	r := &row{Scope: scope, Name: name, ARN: aws.SageMakerARN(scope, "training-job", name)}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := s.Roles.EnsureRole(tx, scope, *in.RoleArn); err != nil {
			return err
		}
		r.Body = Job{Request: *in, Image: uri, Container: container}
		if err := s.checkExperiment(tx, r); err != nil {
			return err
		}
		begin(r, tx.Now)
		place, err := s.lineUp(tx, r)
		if err != nil {
			return err
		}
		if err := jobs.Insert(tx, r); errors.Is(err, store.ErrExists) {
			return aws.Errorf(aws.ResourceInUse, "Training job names must be unique within an AWS account and region, and a training job with this name already exists (%s)", r.ARN)
		} else if err != nil {
			return err
		}
		if err := store.AddTags(tx, scope, r.ARN, tags); err != nil {
			return err
		}
		if err := s.addLimits(tx, r); err != nil {
			return err
		}
		if place != nil {
			return slots.Insert(tx, place) // whoever frees capacity adds its task
		}
		w := workOf(r)
		return s.Tasks.Add(tx, task.Spec{Kind: taskRun, Key: w.key(), Payload: w})
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateTrainingJobOutput{TrainingJobArn: &r.ARN}, nil
}

// checkRegistry is CreateTrainingJob-6: settings of a private registry are for
// images that come from one.
func (s *Service) checkRegistry(in *sagemaker.CreateTrainingJobInput, container string) error {
	c := in.AlgorithmSpecification.TrainingImageConfig
	provider := providerOf(in)
	switch {
	case c == nil || c.TrainingRepositoryAccessMode == sagemaker.TrainingRepositoryAccessModePlatform && provider == "":
		return nil
	case c.TrainingRepositoryAccessMode == sagemaker.TrainingRepositoryAccessModePlatform:
		return aws.Invalid("TrainingImageConfig.TrainingRepositoryAuthConfig is only for TrainingRepositoryAccessMode Vpc.")
	case container == "":
		return aws.Invalid("TrainingImageConfig is for images of private registries, and this image does not run in a container here: remove it, or start the server with a container engine (--runner docker).")
	case in.VpcConfig == nil:
		return aws.Invalid("TrainingRepositoryAccessMode Vpc needs a VpcConfig.")
	case provider != "" && !s.Containers.Knows(provider):
		return aws.Invalid("There are no credentials for the provider %q. Start the server with --registry-credentials FILE, a JSON file that gives this ARN a username and a password.", provider)
	}
	return nil
}

// imageOf is the URI of the image that the job runs: the request's own, or that of
// the algorithm that it names, whose contract the request has to keep
// (CreateTrainingJob-4).
func (s *Service) imageOf(ctx context.Context, scope aws.Scope, in *sagemaker.CreateTrainingJobInput) (string, error) {
	a := in.AlgorithmSpecification
	if a.TrainingImage != nil {
		return *a.TrainingImage, nil
	}
	spec, _, err := s.Algorithms.TrainingSpecification(ctx, scope, *a.AlgorithmName)
	if err != nil {
		return "", err
	}
	if err := contract.Check(spec, in); err != nil {
		return "", err
	}
	contract.Fill(spec, in)
	return *spec.TrainingImage, nil
}

// resolve finds what stands behind an image URI: a program that this server has,
// or else an image of the container engine, where there is one. The URI of a
// built-in image brings its metric definitions along, wherever it runs
// (CreateTrainingJob-20).
func (s *Service) resolve(ctx context.Context, uri string) (img image.Image, container string, err error) {
	img, contained, err := image.Locate(ctx, s.Images, uri, s.Containers != nil, s.ContainersOnly)
	if contained {
		container = uri
	}
	return img, container, err
}

// parseS3 splits an S3 URI, or refuses it.
func parseS3(uri string) (bucket, key string, err error) {
	if bucket, key, err = blob.ParseURI(uri); err != nil {
		return "", "", aws.Invalid("%s%s.", strings.ToUpper(err.Error()[:1]), err.Error()[1:])
	}
	return bucket, key, nil
}
