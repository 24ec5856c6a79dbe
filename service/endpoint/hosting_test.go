package endpoint

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/store"
)

// occupant is one component on the variant "v", on as many instances as it says; 0
// is none.
type occupant struct{ instances atomic.Int64 }

func (o *occupant) Instances(*store.Tx, aws.Scope, string) (map[string]int, error) {
	if n := int(o.instances.Load()); n > 0 {
		return map[string]int{"v": n}, nil
	}
	return nil, nil
}

// CreateEndpointConfig-5, -8: an endpoint whose variant names no model is in service
// at once and starts nothing; its instances follow what components need, and neither
// it nor their variant can be taken away from under them.
func TestHostsComponents(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		used := &occupant{}
		b.Components = used
		b.config("plain", 1, nil)
		for _, name := range []string{"hosts", "again"} {
			b.config(name, 1, nil)
			c := b.known.configs[name]
			c.ExecutionRoleArn = aws.Ptr("role")
			c.ProductionVariants[0].ModelName = nil
			c.ProductionVariants[0].ManagedInstanceScaling = &sagemaker.ProductionVariantManagedInstanceScaling{
				Status: sagemaker.ManagedInstanceScalingStatusEnabled, MinInstanceCount: aws.Ptr[int32](1), MaxInstanceCount: aws.Ptr[int32](3),
			}
		}
		b.create("e", "hosts")
		b.await("e", inService)
		var h *Host
		read := func(tx *store.Tx) (err error) { h, err = b.Host(tx, home, "e"); return err }
		if err := b.DB.View(b.ctx, read); err != nil || h.Gone || h.RoleARN != "role" || h.Variants["v"].Instances != 3 || h.Variants["v"].InstanceType != "ml.m5.large" {
			b.t.Errorf("%+v, %v", h, err)
		}
		b.RouteComponent(home, "e", "c", &proxy.Variant{Name: "v"})
		used.instances.Store(2)
		b.wake(work{home.Account, home.Region, "e"})
		b.until("there are two instances", func() bool {
			out, err := b.describe("e")
			return err == nil && *out.ProductionVariants[0].CurrentInstanceCount == 2
		})
		name := "e"
		_, err := b.DeleteEndpoint(b.ctx, &sagemaker.DeleteEndpointInput{EndpointName: &name})
		b.says(err, "while it hosts inference components")
		_, err = b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{EndpointName: &name, EndpointConfigName: aws.Ptr("plain")})
		b.says(err, "has no such variant without a ModelName")
		b.update("e", "again")
		for end := time.Now().Add(time.Minute); *b.await("e", inService).EndpointConfigName != "again"; {
			if time.Now().After(end) {
				b.t.Fatal("the update does not end")
			}
		}
		if n := len(b.runner.started()); n > 0 {
			b.t.Errorf("%d programs were started", n)
		}
		used.instances.Store(0)
		b.remove("e")
		b.await("e", "")
	})
}
