package endpoint

import (
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// DescribeEndpoint-2, -3, -9, Deploy-1, X-5: what cannot be, and what cannot be
// done here yet, is refused and says so.
func TestRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.config("plain", 1, nil)
		b.config("dumps", 1, nil) // of components, which have no core files here
		v := b.known.configs["dumps"].ProductionVariants[0]
		v.ModelName, v.CoreDumpConfig = nil, &sagemaker.ProductionVariantCoreDumpConfig{}
		b.refused("dumps", "core files of inference components are not kept here", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("dumps")})
		plain := func(c *sagemaker.DeploymentConfig) sagemaker.CreateEndpointInput {
			return sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("plain"), DeploymentConfig: c}
		}
		canary := &sagemaker.BlueGreenUpdatePolicy{TrafficRoutingConfiguration: &sagemaker.TrafficRoutingConfig{Type: sagemaker.TrafficRoutingConfigTypeCanary}}
		b.refused("canary", "CANARY needs a CanarySize", plain(&sagemaker.DeploymentConfig{BlueGreenUpdatePolicy: canary}))
		b.refused("both", "Give one of them", plain(&sagemaker.DeploymentConfig{RollingUpdatePolicy: &sagemaker.RollingUpdatePolicy{}, BlueGreenUpdatePolicy: canary}))
		watched := &sagemaker.DeploymentConfig{AutoRollbackConfiguration: &sagemaker.AutoRollbackConfig{Alarms: []*sagemaker.Alarm{{AlarmName: aws.Ptr("errors")}, {AlarmName: aws.Ptr("none")}}}}
		b.refused("missing alarms", "alarms that do not exist: none. Make them with PutMetricAlarm", plain(watched))
		b.Alarms = nil
		b.refused("no alarms", "this server has none", plain(watched))
		b.config("dump", 1, nil)
		b.known.configs["dump"].ProductionVariants[0].CoreDumpConfig = &sagemaker.ProductionVariantCoreDumpConfig{DestinationS3Uri: aws.Ptr("s3://b/cores")}
		b.refused("dump", "the container engine runs its image example/serve:1", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("dump")})
		b.refused("unknown", "Could not find endpoint configuration", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("nope")})
		b.create("Shop", "plain")
		b.refused("twice", "Cannot create already existing endpoint", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("sHOP"), EndpointConfigName: aws.Ptr("plain")})
		b.await("Shop", inService)
		name, config := "Shop", "plain"
		_, err := b.UpdateEndpoint(b.ctx, &sagemaker.UpdateEndpointInput{EndpointName: &name, EndpointConfigName: &config})
		b.says(err, "has already")
		_, err = b.UpdateEndpointWeightsAndCapacities(b.ctx, &sagemaker.UpdateEndpointWeightsAndCapacitiesInput{
			EndpointName: &name, DesiredWeightsAndCapacities: []*sagemaker.DesiredWeightAndCapacity{{VariantName: aws.Ptr("w")}},
		})
		b.says(err, "has no variant w")
		for _, s := range []status{creating, updating, rollingBack, systemUpdating, deleting} {
			r := &row{Body: Endpoint{Status: s}, ARN: "arn"}
			b.says(may(update, r), `Cannot update in-progress endpoint "arn".`)
			b.says(may(remove, r), `Cannot update in-progress endpoint "arn".`)
		}
		b.says(may(update, &row{Body: Endpoint{Status: failed, FailureReason: "It broke."}}), "can only be deleted: It broke")
	})
}

func (b *bundle) says(err error, want string) {
	b.t.Helper()
	if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		b.t.Errorf("%v, want %q", err, want)
	}
}

func (b *bundle) refused(what, want string, in sagemaker.CreateEndpointInput) {
	b.t.Helper()
	if _, err := b.CreateEndpoint(b.ctx, &in); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
		b.t.Errorf("%s: %v, want %q", what, err, want)
	}
}
