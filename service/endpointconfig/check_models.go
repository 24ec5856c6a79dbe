package endpointconfig

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// checkModel refuses a model that cannot be hosted in the way of its variant:
// Serverless-1, Shadow-1, CreateEndpointConfig-4, -13.
func checkModel(in *sagemaker.CreateEndpointConfigInput, v *sagemaker.ProductionVariant, m ModelTraits) error {
	refuse := func(how, why string) error {
		return inVariant(v, "%s cannot use the model %s, %s.", how, *v.ModelName, why)
	}
	const many, several = "which has a container whose Mode is MultiModel", "which has several containers"
	if v.ServerlessConfig != nil {
		const how = "has a ServerlessConfig and"
		switch {
		case m.MultiModel:
			return refuse(how, many)
		case m.Containers > 1:
			return refuse(how, several)
		case m.VPC:
			return refuse(how, "which has a VpcConfig")
		case m.Isolated:
			return refuse(how, "which has EnableNetworkIsolation")
		case m.PrivateRegistry:
			return refuse(how, "whose image is in a private registry")
		}
	}
	if len(in.ShadowProductionVariants) > 0 {
		const how = "is one of a production and a shadow variant and"
		switch {
		case m.MultiModel:
			return refuse(how, many)
		case m.Containers > 1:
			return refuse(how, several)
		}
	}
	if in.ExplainerConfig != nil && m.MultiModel {
		return refuse("is explained and", many)
	}
	return nil
}
