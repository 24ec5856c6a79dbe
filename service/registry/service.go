// Package registry is the model registry: groups of model packages, their
// versions, and the approval that lets a version be deployed.
//
// A model package is a record of what to run: images, model data, the instance
// types that suit, metrics, the algorithm that it came from. It is one of
//
//   - a version of a group, numbered 1, 2, 3 … by the group, which people approve
//     or reject (UpdateModelPackage);
//   - a package of its own, by name, which needs no approval.
//
// What asks for a model package to deploy it gets its containers from ForModel, and
// from there alone, so that nothing passes by the approval.
//
//	group.go, model_package.go   what is stored
//	check.go, update.go          what requests may ask for; pure
//	status.go                    the transitions, drawn in docs/states
//	resolve.go                   image digests; the specification of an algorithm
//	for_model.go                 the gate for deployment
//
// Rules: CreateModelPackage-*, BatchDescribeModelPackage-*, DescMP-*, UpdMP-*, Co-1 … Co-4.
package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Images knows the content behind image URIs.
type Images interface {
	// Digest is "sha256:" and 64 digits, "" where the image has none that is known
	// here; an unknown URI is refused.
	Digest(ctx context.Context, uri string) (string, error)
}

// Algorithms knows the algorithm resources.
type Algorithms interface {
	// InferenceSpecification answers how models of an algorithm, by name or ARN,
	// are served; it belongs to the caller. An algorithm that is unknown, not
	// Completed, or without such a specification is refused.
	InferenceSpecification(tx *store.Tx, scope aws.Scope, nameOrARN string) (*sagemaker.InferenceSpecification, error)
}

// Lineage records what happens to packages, in the transaction in which it does
// (QL-9). They are as Search shows them, without their tags.
type Lineage interface {
	// RecordModelPackage records a package that was created, its group, and what it
	// was made from.
	RecordModelPackage(tx *store.Tx, scope aws.Scope, p *sagemaker.ModelPackage) error
	// RecordApproval records that a version's approval status is another one now.
	RecordApproval(tx *store.Tx, scope aws.Scope, p *sagemaker.ModelPackage) error
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Images     Images
	Algorithms Algorithms
	// Lineage may be nil: then nothing is recorded.
	Lineage Lineage
}

// Service implements the operations of model packages and their groups.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }
