package algorithm

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// taskValidate runs the validation profiles of an algorithm.
const taskValidate = "algorithm/validate"

// Images knows the content behind image URIs.
type Images interface {
	// Digest is "sha256:" and 64 digits, "" where the image has none that is known
	// here; an unknown URI is refused.
	Digest(ctx context.Context, uri string) (string, error)
}

// Roles checks that the role exists in the caller's account, or makes it.
type Roles interface {
	EnsureRole(tx *store.Tx, scope aws.Scope, arn string) error
}

// Trainer runs the training jobs of validation profiles. Its operations are
// those that clients call.
type Trainer interface {
	CreateTrainingJob(ctx context.Context, in *sagemaker.CreateTrainingJobInput) (*sagemaker.CreateTrainingJobOutput, error)
	DescribeTrainingJob(ctx context.Context, in *sagemaker.DescribeTrainingJobInput) (*sagemaker.DescribeTrainingJobOutput, error)
	StopTrainingJob(ctx context.Context, in *sagemaker.StopTrainingJobInput) (*sagemaker.StopTrainingJobOutput, error)
}

// Config is what a Service needs.
type Config struct {
	DB      *store.DB
	Tasks   *task.Queue
	Images  Images
	Roles   Roles
	Trainer Trainer
	Tokens  kit.Tokens
	Logger  *slog.Logger
}

// Service implements the algorithm operations.
type Service struct{ Config }

// New makes the service and registers its task handler.
func New(c Config) *Service {
	s := &Service{c}
	c.Tasks.Handle(taskValidate, task.HandlerOptions{Concurrency: 4}, s.validate)
	return s
}

// load reads an algorithm by name or ARN. An unknown one is a
// ValidationException whose message clients search for "does not exist".
// What belongs to another account or region is not looked for: accounts are
// isolated, and there is no marketplace.
func load(tx *store.Tx, scope aws.Scope, nameOrARN string) (*row, error) {
	arn := aws.SageMakerARN(scope, "algorithm", nameOrARN)
	var r *row
	var err error
	if strings.HasPrefix(nameOrARN, "arn:") {
		a, ok := aws.ParseARN(nameOrARN)
		kind, name, _ := strings.Cut(a.Resource, "/")
		if !ok || kind != "algorithm" {
			return nil, aws.Invalid("%q is not the ARN of an algorithm.", nameOrARN)
		}
		if a.Account != scope.Account || a.Region != scope.Region {
			return nil, aws.Invalid("Algorithm %s does not exist in account %s and region %s. Algorithms of others, and those of the Marketplace, cannot be used.", nameOrARN, scope.Account, scope.Region)
		}
		arn = aws.SageMakerARN(scope, "algorithm", name)
		r, err = algorithms.GetByARN(tx, scope, arn)
	} else {
		r, err = algorithms.Get(tx, scope, nameOrARN)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, aws.Invalid("Algorithm %s does not exist.", arn)
	}
	return r, err
}
