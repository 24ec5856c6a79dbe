package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
)

// loaders are the models of a multi-model variant by instance, as the data path asks
// for them (Host-7).
type loaders map[*proxy.Instance]*replica.Models

// models are those of a multi-model variant.
func (m *manager) models(f *Fleet, v *Variant) loaders {
	all := loaders{}
	for _, one := range f.replicas(v) {
		if d := m.drivers[one]; d != nil && d.Models() != nil {
			all[d.Instance()] = d.Models()
		}
	}
	return all
}

// Path implements proxy.Models.
func (l loaders) Path(ctx context.Context, in *proxy.Instance, target string) (string, error) {
	return l[in].Enter(ctx, target)
}

// Done implements proxy.Models.
func (l loaders) Done(in *proxy.Instance, target string) { l[in].Leave(target) }

// Lost implements proxy.Models.
func (l loaders) Lost(in *proxy.Instance, target string) { l[in].Lost(target) }
