package inferencecomponent

import (
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// A component from its creation over updates to its end.
//
// covers: sagemaker.CreateInferenceComponent sagemaker.DescribeInferenceComponent sagemaker.ListInferenceComponents
// covers: sagemaker.UpdateInferenceComponent sagemaker.UpdateInferenceComponentRuntimeConfig sagemaker.DeleteInferenceComponent
func TestLife(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(b *bundle) {
		b.must(b.create("cats", spec("good", 0.5), 2))
		b.must(b.create("dogs", &sagemaker.InferenceComponentSpecification{
			Container:                   &sagemaker.InferenceComponentContainerSpecification{Image: aws.Ptr("example/serve:1")},
			ComputeResourceRequirements: spec("", 0.5).ComputeResourceRequirements,
		}, 1))
		out := b.await("cats", inService)
		if *out.RuntimeConfig.CurrentCopyCount != 2 || *out.RuntimeConfig.DesiredCopyCount != 2 || *out.Specification.ModelName != "good" || *out.EndpointName != "e" || b.hosts.copies("cats") != 2 {
			b.t.Errorf("%+v, and requests find %d", out, b.hosts.copies("cats"))
		}
		if d := b.await("dogs", inService).Specification.Container.DeployedImage; *d.ResolvedImage != "example/serve@sha256:0123" {
			b.t.Errorf("%+v", d)
		}
		list, err := b.ListInferenceComponents(b.ctx, &sagemaker.ListInferenceComponentsInput{EndpointNameEquals: aws.Ptr("e"), VariantNameEquals: aws.Ptr("v"), StatusEquals: inService, NameContains: aws.Ptr("cat")})
		if err != nil || len(list.InferenceComponents) != 1 || *list.InferenceComponents[0].InferenceComponentName != "cats" {
			b.t.Errorf("%+v, %v", list, err)
		}
		for _, in := range []sagemaker.ListInferenceComponentsInput{{EndpointNameEquals: aws.Ptr("other")}, {VariantNameEquals: aws.Ptr("other")}, {StatusEquals: failed}} {
			if list, err := b.ListInferenceComponents(b.ctx, &in); err != nil || len(list.InferenceComponents) > 0 {
				b.t.Errorf("%+v, %v", list, err)
			}
		}
		b.must(b.scale("cats", 3)) // the instance is full now
		b.await("cats", inService)
		if n := b.hosts.copies("cats"); n != 3 {
			b.t.Errorf("requests find %d copies, want 3", n)
		}
		before := b.runner.started()
		b.must(b.update("cats", &sagemaker.InferenceComponentSpecification{ComputeResourceRequirements: spec("", 0.25).ComputeResourceRequirements}))
		if out = b.await("cats", inService); *out.Specification.ModelName != "good" || *out.Specification.ComputeResourceRequirements.NumberOfCpuCoresRequired != 0.25 || b.runner.started() != before+3 {
			b.t.Errorf("%+v, and %d programs were started", out, b.runner.started()-before)
		}
		err = b.DB.View(b.ctx, func(tx *store.Tx) error {
			used, err := b.Instances(tx, home, "e")
			if used["v"] != 1 || len(used) != 1 {
				b.t.Errorf("%v", used)
			}
			return err
		})
		b.must(err)
		b.must(b.delete("cats"))
		b.await("cats", "")
		if n := b.hosts.copies("cats"); n != -1 {
			b.t.Errorf("requests find %d copies of what is deleted", n)
		}
		b.must(b.create("cats", spec("good", 0.5), 0)) // the name is free again
		b.await("cats", inService)
	})
}

// A model that cannot serve fails the component and leaves nothing; in an update,
// what served goes on serving, and both can be put right.
func TestFailure(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(b *bundle) {
		b.must(b.create("new", spec("broken", 0.5), 2))
		if out := b.await("new", failed); !strings.Contains(*out.FailureReason, "The program does not exist.") || *out.Specification.ModelName != "broken" {
			b.t.Errorf("%+v", out)
		}
		b.must(b.update("new", spec("good", 0.5)))
		b.await("new", inService)
		b.must(b.update("new", spec("broken", 0.25)))
		out := b.await("new", failed)
		if *out.Specification.ModelName != "good" || *out.RuntimeConfig.CurrentCopyCount < 1 || *out.RuntimeConfig.DesiredCopyCount != 2 || b.hosts.copies("new") < 1 {
			b.t.Errorf("%+v", out)
		}
		b.must(b.scale("new", 1))
		if out := b.await("new", inService); out.FailureReason != nil {
			b.t.Errorf("%q", *out.FailureReason)
		}
		b.must(b.delete("new"))
		b.await("new", "")
	})
}

// What fits nowhere waits for room, and fails with what is missing; what never can
// fit fails at once.
func TestRoom(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(b *bundle) {
		b.must(b.create("large", spec("good", 3), 1))
		if out := b.await("large", failed); !strings.Contains(*out.FailureReason, "needs 3 CPU cores, 256 MB of memory, and an instance (ml.m5.large) has 2 CPU cores") {
			b.t.Errorf("%q", *out.FailureReason)
		}
		b.must(b.create("first", spec("good", 2), 1))
		b.await("first", inService)
		b.must(b.create("second", spec("good", 2), 1))
		b.await("second", creating)
		b.hosts.resize(2) // the endpoint has another instance
		b.await("second", inService)
		b.hosts.resize(1) // and loses it: the copy on it goes, and comes back with it
		for b.hosts.copies("second") != 0 {
			time.Sleep(time.Millisecond)
		}
		b.hosts.resize(2)
		for b.hosts.copies("second") != 1 {
			time.Sleep(time.Millisecond)
		}
	})
	each(t, time.Millisecond, func(b *bundle) {
		b.must(b.create("three", spec("good", 1), 3))
		if out := b.await("three", failed); !strings.Contains(*out.FailureReason, "There is not enough room on the 1 instances of the variant (ml.m5.large)") {
			b.t.Errorf("%q", *out.FailureReason)
		}
	})
}

// A server that comes back finds the copies that run and starts none twice.
func TestTakeover(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(b *bundle) {
		b.must(b.create("c", spec("good", 0.5), 2))
		b.await("c", inService)
		b.must(b.queue.Stop(b.ctx))
		b.hosts.RouteComponent(home, "e", "c", nil)
		b.serve()
		for b.hosts.copies("c") != 2 {
			time.Sleep(time.Millisecond)
		}
		if n := b.runner.started(); n != 2 {
			b.t.Errorf("%d programs were started, want 2", n)
		}
	})
}

// What cannot be is refused and says why.
func TestRefusals(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(b *bundle) {
		b.says(b.create("c", spec("none", 1), 1), "Could not find model")
		b.says(b.create("c", spec("many", 1), 1), "Mode is MultiModel")
		b.says(b.create("c", spec("pipeline", 1), 1), "has 2 containers")
		both, neither, less, bare := spec("good", 1), spec("good", 1), spec("good", 1), spec("good", 1)
		both.Container = &sagemaker.InferenceComponentContainerSpecification{Image: aws.Ptr("i")}
		neither.ModelName = nil
		less.ComputeResourceRequirements.MaxMemoryRequiredInMb = aws.Ptr[int32](128)
		bare.ModelName, bare.Container = nil, &sagemaker.InferenceComponentContainerSpecification{}
		b.says(b.create("c", both, 1), "Give one of them")
		b.says(b.create("c", neither, 1), "names no model")
		b.says(b.create("c", less, 1), "less than the MinMemoryRequiredInMb 256")
		b.says(b.create("c", bare, 1), "has no Image")
		in := sagemaker.CreateInferenceComponentInput{InferenceComponentName: aws.Ptr("c"), EndpointName: aws.Ptr("none"), VariantName: aws.Ptr("v"), Specification: spec("good", 1), RuntimeConfig: copies(1)}
		_, err := b.CreateInferenceComponent(b.ctx, &in)
		b.says(err, "Could not find endpoint")
		in.EndpointName, in.VariantName = aws.Ptr("e"), aws.Ptr("w")
		_, err = b.CreateInferenceComponent(b.ctx, &in)
		b.says(err, "has no variant w that hosts inference components")
		b.must(b.create("c", spec("good", 1), 1))
		b.says(b.create("C", spec("good", 1), 1), "already existing inference component")
		b.await("c", inService)
		_, err = b.UpdateInferenceComponent(b.ctx, &sagemaker.UpdateInferenceComponentInput{InferenceComponentName: aws.Ptr("c")})
		b.says(err, "nothing to update")
		b.says(b.scale("none", 1), "Could not find inference component")
		b.says(may(update, &row{Body: Component{Status: creating}, ARN: "arn"}), `Cannot update inference component "arn" while it is Creating.`)
		b.hosts.mu.Lock()
		b.hosts.gone = true
		b.hosts.mu.Unlock()
		b.says(b.create("d", spec("good", 1), 1), "takes no inference components while it is Deleting")
	})
}
