package endpointconfig

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// EndpointConfig is what is stored of an endpoint configuration.
type EndpointConfig struct {
	// Request is the request as it was accepted, with its defaults and without its
	// tags.
	Request sagemaker.CreateEndpointConfigInput
}

type row = store.Row[EndpointConfig]

// No error is modelled for endpoint configurations but the quota (Err-3, Err-4);
// clients compare the sentences.
var configs = kit.Kind[EndpointConfig]{
	Table: store.NewTable[EndpointConfig]("endpoint-config"), Noun: "Endpoint configuration",
	Taken: aws.ValidationException, Missing: aws.ValidationException, QuotesARN: true,
	Quota: &kit.Quota{Name: "endpoint-configs"},
}

// Configuration is the endpoint configuration of that name, complete with its
// defaults and without its tags, for an endpoint that is made from it. It belongs
// to the caller. One that does not exist is refused in the words that clients
// expect of CreateEndpoint and UpdateEndpoint. Its models may have been
// deleted since.
func (s *Service) Configuration(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.CreateEndpointConfigInput, error) {
	r, err := configs.Find(tx, scope, name)
	if err != nil {
		return nil, err
	}
	return &r.Body.Request, nil
}

// variants are the production variants of a request, then its shadow variants.
func variants(in *sagemaker.CreateEndpointConfigInput) []*sagemaker.ProductionVariant {
	return slices.Concat(in.ProductionVariants, in.ShadowProductionVariants)
}
