package endpoint

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/run"
)

// UpdateEndpoint-1: an update that cannot be started leaves what served, untouched,
// and says why; what it started is removed. The next one begins anew.
func TestUpdateFails(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("good", 2, nil)
		b.config("bad", 1, map[string]string{"FAKE_REASON": "The program does not exist."})
		b.config("better", 1, nil)
		b.create("e", "good")
		b.await("e", inService)
		before := b.running("e")
		b.update("e", "bad")
		out := b.await("e", inService)
		if *out.EndpointConfigName != "good" || !strings.Contains(aws.Val(out.FailureReason), "The program does not exist.") || out.PendingDeploymentSummary != nil {
			b.t.Errorf("%+v", out)
		}
		if after := b.running("e"); len(before) != 2 || !slices.Equal(before, after) {
			b.t.Errorf("%v ran, and now %v", before, after)
		}
		b.update("e", "better")
		if out = b.await("e", inService); *out.EndpointConfigName != "better" || out.FailureReason != nil {
			b.t.Errorf("%+v", out)
		}
		b.until("only the new program is left", func() bool { return b.left() == 1 })
		b.remove("e")
		b.await("e", "")
		if n := b.left(); n != 0 {
			b.t.Errorf("%d programs are left", n)
		}
	})
}

// left counts the programs that the engine knows of all that were ever started.
func (b *bundle) left() (n int) {
	for _, s := range b.runner.started() {
		if _, err := b.runner.Attach(b.ctx, b.runner.HandleOf(s.ID)); err == nil {
			n++
		}
	}
	return n
}

// Weights-1, DescribeEndpoint-2, -5: when the instances that are asked for cannot be
// had, the endpoint goes back to the old weights and counts.
func TestRescalingFails(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("good", 1, nil)
		b.create("e", "good")
		b.await("e", inService)
		before := b.running("e")
		b.runner.fail(aws.Invalid("There is no registry today"))
		if err := b.rescale("e", &sagemaker.DesiredWeightAndCapacity{VariantName: aws.Ptr("v"), DesiredInstanceCount: aws.Ptr[int32](2), DesiredWeight: aws.Ptr[float32](7)}); err != nil {
			b.t.Fatal(err)
		}
		out := b.await("e", inService)
		v := out.ProductionVariants[0]
		if *v.CurrentInstanceCount != 1 || *v.DesiredInstanceCount != 1 || *v.CurrentWeight != 1 || *v.DesiredWeight != 1 || len(v.VariantStatus) != 0 ||
			!strings.Contains(aws.Val(out.FailureReason), "There is no registry today") {
			b.t.Errorf("%+v, %q", v, aws.Val(out.FailureReason))
		}
		if after := b.running("e"); !slices.Equal(before, after) {
			b.t.Errorf("%v ran, and now %v", before, after)
		}
	})
}

// Weights-1: what contradicts itself is refused, and changes nothing.
func TestRescalingRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("good", 1, nil)
		b.create("e", "good")
		b.await("e", inService)
		of := func(weight float32) *sagemaker.DesiredWeightAndCapacity {
			return &sagemaker.DesiredWeightAndCapacity{VariantName: aws.Ptr("v"), DesiredWeight: &weight}
		}
		b.says(b.rescale("e", of(2), of(3)), "The variant v is named twice.")
		serverless := of(2)
		serverless.ServerlessUpdateConfig = &sagemaker.ProductionVariantServerlessUpdateConfig{}
		b.says(b.rescale("e", serverless), "not serverless")
		b.says(b.rescale("E", of(2)), "Could not find endpoint") // names are exact (DescribeEndpoint-9)
		if out := b.await("e", inService); *out.ProductionVariants[0].DesiredWeight != 1 {
			b.t.Errorf("%+v", out.ProductionVariants[0])
		}
		if err := b.rescale("e", of(0)); err != nil { // Variant-1: it serves only who asks for it
			b.t.Fatal(err)
		}
		b.await("e", inService)
	})
}

// CreateEndpoint-1: two endpoints of one configuration share nothing; a quota
// refuses the third.
func TestTwoEndpoints(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("good", 1, nil)
		b.stop()
		b.Quotas = kit.Quotas{"endpoints": 2}
		b.serve()
		b.create("one", "good")
		b.create("two", "good")
		b.await("one", inService)
		b.await("two", inService)
		third := &sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("three"), EndpointConfigName: aws.Ptr("good")}
		if _, err := b.CreateEndpoint(b.ctx, third); aws.CodeOf(err) != aws.ResourceLimitExceeded {
			b.t.Errorf("%v", err)
		}
		one, two := b.running("one"), b.running("two")
		if len(one) != 1 || len(two) != 1 || one[0] == two[0] {
			b.t.Errorf("%v and %v", one, two)
		}
		b.remove("one")
		b.await("one", "")
		if after := b.running("two"); !slices.Equal(two, after) || b.left() != 1 {
			b.t.Errorf("%v ran, and now %v", two, after)
		}
	})
}

// Host-3, CreateEndpoint-1: an endpoint whose container does not become healthy in
// time, or whose model data does not come, fails and says which and why.
func TestNotInTime(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("ill", 1, map[string]string{"FAKE_PING_STATUS": "503"})
		b.known.configs["ill"].ProductionVariants[0].ContainerStartupHealthCheckTimeoutInSeconds = aws.Ptr[int32](1)
		for _, name := range []string{"slow", "missing"} {
			b.config(name, 1, nil)
			b.known.models[name].Containers[0].Data = &modeldata.Source{URI: "s3://bucket/" + name}
			b.known.configs[name].ProductionVariants[0].ModelDataDownloadTimeoutInSeconds = aws.Ptr[int32](1)
		}
		reasons := map[string]string{
			"ill":     "The container c (example/serve:1) did not pass the ping health check within 1s: /ping answered status 503",
			"slow":    "was not there within 1s",
			"missing": "Could not find model data at s3://bucket/missing.",
		}
		for name := range reasons {
			b.create(name, name)
		}
		for name, reason := range reasons {
			if out := b.await(name, failed); !strings.Contains(aws.Val(out.FailureReason), reason) {
				b.t.Errorf("%s: %q", name, aws.Val(out.FailureReason))
			}
		}
		b.until("nothing is left", func() bool { return b.left() == 0 })
	})
}

// Host-5, Host-6, DescModel-12: what the containers of a pipeline see: their own
// names and variables, their model's role, ports and directories.
func TestPrograms(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("pipe", 1, nil)
		b.known.models["pipe"] = replica.Model{Name: "pipe", RoleARN: "role", Containers: []replica.Container{
			{Hostname: "first", Image: "example/a:1", Environment: map[string]string{"MINE": "a", "AWS_REGION": "overridden"}},
			{Hostname: "second", Image: "example/b:1", Environment: map[string]string{"MINE": "b"}},
		}}
		b.create("e", "pipe")
		b.await("e", inService)
		specs := b.runner.started()
		if len(specs) != 2 {
			b.t.Fatalf("%d programs", len(specs))
		}
		for i, want := range []run.Spec{
			{Hostname: "first", Image: "example/a:1", Env: map[string]string{"MINE": "a", "AWS_REGION": "overridden"}},
			{Hostname: "second", Image: "example/b:1", Env: map[string]string{"MINE": "b", "AWS_REGION": home.Region}},
		} {
			got := specs[i]
			want.Env["SAGEMAKER_BIND_TO_PORT"], want.Env["SAGEMAKER_SAFE_PORT_RANGE"], want.Env["AWS_SESSION_TOKEN"] = "8080", "21000-21999", "role"
			for name, value := range want.Env {
				if got.Env[name] != value {
					b.t.Errorf("%s is %q in %s, want %q", name, got.Env[name], got.Hostname, value)
				}
			}
			if got.Hostname != want.Hostname || got.Image != want.Image || !slices.Equal(got.Args, []string{"serve"}) || got.Limits.Grace != 30*time.Second {
				b.t.Errorf("%+v", got)
			}
		}
		if specs[0].ID == specs[1].ID || specs[0].OptML == specs[1].OptML || specs[0].Log == specs[1].Log {
			b.t.Errorf("%+v and %+v share something", specs[0], specs[1])
		}
	})
}
