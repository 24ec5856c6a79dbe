// Package endpointconfig is CreateEndpointConfig and its companions: an endpoint
// configuration is an immutable record of the variants that an endpoint runs, and
// of what is captured, queued and explained of their traffic. Endpoints are made
// from it and keep a copy, so that it may be deleted while they serve.
//
//	create_endpoint_config.go, describe_endpoint_config.go,
//	list_endpoint_configs.go, delete_endpoint_config.go   the operations
//	endpoint_config.go   what is stored, and what endpoints read
//	check.go             what a configuration refuses, as far as the request goes
//	check_variant.go     one variant
//	check_traffic.go     data capture and asynchronous inference
//	check_explainer.go   the explainer
//	check_models.go      what the variants' models cannot do
//	defaults.go          the answers that nobody sent
//
// What a machine cannot do is said when an endpoint is made; what is not built at
// all is refused here.
//
// Rules: CreateEndpointConfig-1 … -20, DescribeEndpointConfig-1 … -4,
// DeleteEndpointConfig-1, Serverless-1, Shadow-1.
package endpointconfig

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Roles checks that a role exists in the caller's account, or makes it.
type Roles interface {
	EnsureRole(tx *store.Tx, scope aws.Scope, arn string) error
}

// Models knows the models that variants name.
type Models interface {
	// ModelTraits are those of the model of that name, which must exist.
	ModelTraits(tx *store.Tx, scope aws.Scope, name string) (ModelTraits, error)
}

// ModelTraits are what decides how a model may be hosted.
type ModelTraits struct {
	// Containers is how many it has.
	Containers int
	// MultiModel says that one of them loads models as they are asked for.
	MultiModel bool
	// Isolated says that its containers have no network, VPC that they have one of
	// the user's, PrivateRegistry that an image comes from a registry there.
	Isolated, VPC, PrivateRegistry bool
}

// Config is what a Service needs.
type Config struct {
	kit.Base
	Roles  Roles
	Models Models
	// CheckExplainer refuses what the explainer cannot understand, such as an
	// invalid JMESPath expression, beyond what this package checks; nil for nothing.
	CheckExplainer func(*sagemaker.ClarifyExplainerConfig) error
}

// Service implements the operations of endpoint configurations.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }
