package algorithm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/validate"
)

// What an algorithm's models are served with is kept as it was given: up to 16
// variables, and the lists of instance types with or without (DescribeAlgorithm-8;
// D-27 for CreateAlgorithm-6). Nobody said that the algorithm is for the
// Marketplace, so it is not (CreateAlgorithm-10).
func TestInferenceSpecification(t *testing.T) {
	t.Parallel()
	b := started(t)
	variables := map[string]string{}
	for i := range 16 {
		variables[fmt.Sprint("V", i)] = strings.Repeat("x", 1024)
	}
	realtime, transform := []sagemaker.ProductionVariantInstanceType{"ml.m5.large"}, []sagemaker.TransformInstanceType{"ml.m5.xlarge"}
	for name, given := range map[string]sagemaker.InferenceSpecification{
		"both":      {SupportedRealtimeInferenceInstanceTypes: realtime, SupportedTransformInstanceTypes: transform},
		"realtime":  {SupportedRealtimeInferenceInstanceTypes: realtime},
		"transform": {SupportedTransformInstanceTypes: transform},
		"neither":   {},
	} {
		given.Containers = []*sagemaker.ModelPackageContainerDefinition{{
			Image: aws.Ptr("example/serve:1"), ModelDataUrl: aws.Ptr("s3://bucket/a/model.tar.gz"), Environment: variables,
		}}
		in := algorithm(name)
		in.InferenceSpecification = &given
		b.create(in)
		out := b.describe(name)
		got := out.InferenceSpecification
		if !slices.Equal(got.SupportedRealtimeInferenceInstanceTypes, given.SupportedRealtimeInferenceInstanceTypes) ||
			!slices.Equal(got.SupportedTransformInstanceTypes, given.SupportedTransformInstanceTypes) || len(got.Containers[0].Environment) != 16 {
			t.Errorf("%s: described as %+v", name, got)
		}
		if out.CertifyForMarketplace == nil || *out.CertifyForMarketplace {
			t.Errorf("%s: CertifyForMarketplace %v", name, out.CertifyForMarketplace)
		}
	}
}

// What the model itself holds algorithms to: input modes are spelled as the enum
// does and not as the prose (CreateAlgorithm-11), variables have 1024 characters at
// most (DescribeAlgorithm-8), names of profiles 1 to 63 letters, digits and hyphens
// (CreateAlgorithm-7, DescribeAlgorithm-10).
func TestModelledConstraints(t *testing.T) {
	t.Parallel()
	at := slices.IndexFunc(sagemaker.Service.Operations, func(op *schema.Operation) bool { return op.Name == "CreateAlgorithm" })
	op := sagemaker.Service.Operations[at]
	violated := func(part string) string {
		t.Helper()
		in := op.NewInput()
		must(t, codec.DecodeJSON(op.Input, []byte(`{"AlgorithmName":"a",`+part+`}`), in))
		if err := validate.Input(op.Input, in); err != nil {
			return err.Message
		}
		return ""
	}
	modes := func(list string) string {
		return `"TrainingSpecification":{"TrainingImage":"i","SupportedTrainingInstanceTypes":["ml.m5.large"],"TrainingChannels":[{"Name":"c","SupportedContentTypes":["text/csv"],"SupportedInputModes":` + list + `}]}`
	}
	variable := func(key, value string) string {
		return modes(`["File"]`) + `,"InferenceSpecification":{"Containers":[{"Image":"i","Environment":{"` + key + `":"` + value + `"}}]}`
	}
	profile := func(name string) string {
		return modes(`["File"]`) + `,"ValidationSpecification":{"ValidationRole":"arn:aws:iam::123456789012:role/r","ValidationProfiles":[{"ProfileName":"` + name + `",` +
			`"TrainingJobDefinition":{"TrainingInputMode":"File","InputDataConfig":[{"ChannelName":"c","DataSource":{}}],"OutputDataConfig":{"S3OutputPath":"s3://b"},"ResourceConfig":{"VolumeSizeInGB":1},"StoppingCondition":{}}}]}`
	}
	for _, c := range []struct{ part, want string }{
		{modes(`["File","Pipe","FastFile"]`), ""},
		{modes(`["FILE"]`), "[Member must satisfy enum value set: [Pipe, File, FastFile]]"},
		{variable("K", strings.Repeat("v", 1024)), ""},
		{variable("K", strings.Repeat("v", 1025)), "Member must have length less than or equal to 1024"},
		{variable(strings.Repeat("K", 1025), "v"), "Member must have length less than or equal to 1024"},
		{profile("a-1"), ""},
		{profile(strings.Repeat("p", 63)), ""},
		{profile(strings.Repeat("p", 64)), "Member must have length less than or equal to 63"},
		{profile(""), "Member must have length greater than or equal to 1"},
		{profile("a_1"), "Member must satisfy regular expression pattern"},
	} {
		if got := violated(c.part); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.part, got, c.want)
		}
	}
}

// CreateModelPackage-6: those who register an algorithm's models get a copy of the
// specification, of an algorithm that can be used and has one.
func TestInferenceSpecificationForPackages(t *testing.T) {
	t.Parallel()
	b := started(t)
	in := algorithm("serves")
	in.InferenceSpecification = &sagemaker.InferenceSpecification{Containers: []*sagemaker.ModelPackageContainerDefinition{{Image: aws.Ptr("example/serve:1")}}}
	b.create(in)
	b.create(algorithm("trains"))
	b.create(validated("pending", "example/image:1", "p"))
	ask := func(name string) (spec *sagemaker.InferenceSpecification, err error) {
		err = b.DB.View(b.ctx, func(tx *store.Tx) (err error) {
			spec, err = b.InferenceSpecification(tx, home, name)
			return err
		})
		return spec, err
	}
	for range 2 {
		spec, err := ask(aws.SageMakerARN(home, "algorithm", "serves"))
		must(t, err)
		if *spec.Containers[0].Image != "example/serve:1" || *spec.Containers[0].ImageDigest != digest {
			t.Errorf("%+v", spec.Containers[0])
		}
		spec.Containers[0].Image = aws.Ptr("changed by the caller")
	}
	for name, want := range map[string]string{"trains": "has no InferenceSpecification", "nope": "does not exist", "pending": "once it is Completed"} {
		_, err := ask(name)
		refused(t, err, want)
	}
}
