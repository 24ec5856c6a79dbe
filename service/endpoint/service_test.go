package endpoint

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/run"
)

// CreateEndpoint-1, DescribeEndpoint-1, -4, -5, -7, -9, UpdateEndpoint-1, Weights-1,
// DeleteEndpoint-1: an endpoint from its creation over updates to its end.
//
// covers: sagemaker.CreateEndpoint sagemaker.DescribeEndpoint sagemaker.ListEndpoints sagemaker.UpdateEndpoint
// covers: sagemaker.UpdateEndpointWeightsAndCapacities sagemaker.DeleteEndpoint
func TestLife(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("first", 2, nil)
		b.config("second", 1, nil)
		b.create("Shop", "first")
		if out, err := b.describe("Shop"); err != nil || out.EndpointStatus == creating && *out.PendingDeploymentSummary.EndpointConfigName != "first" {
			b.t.Errorf("%+v, %v", out, err)
		}
		out := b.await("Shop", inService)
		v := out.ProductionVariants[0]
		if *v.CurrentInstanceCount != 2 || *v.DesiredInstanceCount != 2 || *v.CurrentWeight != 1 || out.PendingDeploymentSummary != nil ||
			*v.DeployedImages[0].SpecifiedImage != "example/serve:1" || *v.DeployedImages[0].ResolvedImage != "example/serve@sha256:0123" {
			b.t.Errorf("%+v", out)
		}
		name, second := "Shop", "second"
		if _, err := b.UpdateEndpointWeightsAndCapacities(b.ctx, &sagemaker.UpdateEndpointWeightsAndCapacitiesInput{
			EndpointName: &name, DesiredWeightsAndCapacities: []*sagemaker.DesiredWeightAndCapacity{{VariantName: aws.Ptr("v"), DesiredInstanceCount: aws.Ptr[int32](3), DesiredWeight: aws.Ptr[float32](5)}},
		}); err != nil {
			b.t.Fatal(err)
		}
		if out = b.await("Shop", inService); *out.ProductionVariants[0].CurrentInstanceCount != 3 || *out.ProductionVariants[0].CurrentWeight != 5 {
			b.t.Errorf("%+v", out.ProductionVariants[0])
		}
		if _, err := b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{EndpointName: &name, EndpointConfigName: &second, RetainAllVariantProperties: aws.Ptr(true),
			ExcludeRetainedVariantProperties: []*sagemaker.VariantProperty{{VariantPropertyType: sagemaker.VariantPropertyTypeDesiredInstanceCount}}}); err != nil {
			b.t.Fatal(err)
		}
		if out = b.await("Shop", inService); *out.EndpointConfigName != "second" || *out.ProductionVariants[0].CurrentInstanceCount != 1 || *out.ProductionVariants[0].CurrentWeight != 5 {
			b.t.Errorf("%+v", out)
		}
		list, err := b.ListEndpoints(b.ctx, &sagemaker.ListEndpointsInput{StatusEquals: inService})
		if err != nil || len(list.Endpoints) != 1 || *list.Endpoints[0].EndpointName != "Shop" {
			b.t.Errorf("%+v, %v", list, err)
		}
		if _, err := b.DeleteEndpoint(b.ctx, &sagemaker.DeleteEndpointInput{EndpointName: &name}); err != nil {
			b.t.Fatal(err)
		}
		b.await("Shop", "")
		b.create("Shop", "first") // the name is free again
		b.await("Shop", inService)
	})
}

// CreateEndpoint-1, Host-3: a program that cannot serve fails the endpoint, with
// the reason, and leaves nothing behind.
func TestFailure(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("broken", 2, map[string]string{"FAKE_REASON": "The program does not exist."})
		b.create("e", "broken")
		out := b.await("e", failed)
		if !strings.Contains(*out.FailureReason, "The program does not exist.") {
			b.t.Errorf("%q", *out.FailureReason)
		}
		name := "e"
		if _, err := b.DeleteEndpoint(b.ctx, &sagemaker.DeleteEndpointInput{EndpointName: &name}); err != nil {
			b.t.Fatal(err)
		}
		b.await("e", "")
	})
}

// A server that comes back finds the replicas that run and starts none twice, also
// when it comes back after the machine did and there are none any more.
func TestTakeover(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 2, nil)
		b.create("e", "plain")
		b.await("e", inService)
		before := b.running("e")
		if err := b.queue.Stop(b.ctx); err != nil {
			b.t.Fatal(err)
		}
		b.serve()
		b.await("e", inService)
		if after := b.running("e"); !slices.Equal(before, after) {
			b.t.Errorf("%v ran, and now %v", before, after)
		}
		if err := b.queue.Stop(b.ctx); err != nil {
			b.t.Fatal(err)
		}
		for _, h := range before {
			b.runner.Lose(run.Handle(h))
		}
		b.serve()
		for end := time.Now().Add(time.Minute); len(b.running("e")) < 2; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				b.t.Fatal("the replicas were not started again")
			}
		}
		b.await("e", inService)
	})
}
