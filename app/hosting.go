package app

import (
	"slices"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/service/endpointconfig"
	"github.com/sagebrush/sagebrush/service/model"
	"github.com/sagebrush/sagebrush/store"
)

// hostedModels are the models as hosting asks for them.
type hostedModels struct{ models *model.Service }

// ModelTraits implements endpointconfig.Models.
func (h hostedModels) ModelTraits(tx *store.Tx, scope aws.Scope, name string) (endpointconfig.ModelTraits, error) {
	d, err := h.models.ForDeployment(tx, scope, name)
	if err != nil {
		return endpointconfig.ModelTraits{}, err
	}
	return endpointconfig.ModelTraits{
		Containers:      len(d.Containers),
		MultiModel:      slices.ContainsFunc(d.Containers, func(c model.Container) bool { return c.MultiModel }),
		PrivateRegistry: slices.ContainsFunc(d.Containers, func(c model.Container) bool { return c.PrivateRegistry }),
		Isolated:        d.Isolated,
		VPC:             d.VpcConfig != nil,
	}, nil
}
