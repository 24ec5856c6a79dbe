// Package model is CreateModel and its companions: a model is an immutable record
// that names one container or a pipeline of them, each with an image and the data
// of a trained model, or with a model package that says both. Endpoints and batch
// transforms run what it names.
//
//	create_model.go, describe_model.go, list_models.go, delete_model.go   the operations
//	check.go        what CreateModel refuses; pure
//	data.go         looking for model data
//	model.go        what is stored
//	deployable.go   the model as hosting runs it
//
// Rules: DescModel-1 … DescModel-14, CreateModelPackage-5, DescMP-9.
package model

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Roles checks that a role exists in the caller's account, or makes it.
type Roles interface {
	EnsureRole(tx *store.Tx, scope aws.Scope, arn string) error
}

// Packages knows the model packages that may be deployed.
type Packages interface {
	// ForModel answers the containers of a package by name or ARN, those of the
	// additional inference specification of that name unless it is nil. A package
	// that is not Completed, or not Approved, is refused.
	ForModel(tx *store.Tx, scope aws.Scope, nameOrARN string, specification *string) ([]*sagemaker.ModelPackageContainerDefinition, error)
}

// Objects looks for model data; a blob.Store is one.
type Objects interface {
	GetBucket(ctx context.Context, name string) (blob.Bucket, error)
	Head(ctx context.Context, bucket, key string) (blob.Info, error)
	List(ctx context.Context, bucket string, o blob.ListOptions) (blob.Listing, error)
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Roles    Roles
	Packages Packages
	Objects  Objects
}

// Service implements the model operations.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }
