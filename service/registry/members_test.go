package registry

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire/validate"
)

// CreateModelPackage-7, DescMP-3: a version, and an additional specification of any
// package, may leave out the instance types, which a package without versions needs.
func TestWithoutInstanceTypes(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		in := version("g")
		in.InferenceSpecification.SupportedTransformInstanceTypes, in.InferenceSpecification.SupportedRealtimeInferenceInstanceTypes = nil, nil
		in.AdditionalInferenceSpecifications = additional("fast")
		out := b.describe(b.create(in))
		if s := out.InferenceSpecification; s.SupportedTransformInstanceTypes != nil || s.SupportedRealtimeInferenceInstanceTypes != nil {
			t.Errorf("made up: %+v", s)
		}
		alone := single("alone")
		alone.AdditionalInferenceSpecifications = additional("fast")
		if s := b.describe(b.create(alone)).AdditionalInferenceSpecifications[0]; s.SupportedTransformInstanceTypes != nil || s.SupportedRealtimeInferenceInstanceTypes != nil {
			t.Errorf("made up: %+v", s)
		}
	})
}

// CreateModelPackage-13, DescMP-10: every reference of metrics and baselines comes
// back with its type, digest and URI, each where it was; nothing looks at what they
// refer to.
func TestReferences(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		in := version("g")
		in.ModelMetrics, in.DriftCheckBaselines = &sagemaker.ModelMetrics{}, &sagemaker.DriftCheckBaselines{}
		n := number(reflect.ValueOf(in.ModelMetrics).Elem(), 0)
		if n = number(reflect.ValueOf(in.DriftCheckBaselines).Elem(), n); n != 3*(8+9) {
			t.Fatalf("%d members, of 8 metrics and 9 baselines of three each", n)
		}
		wantMetrics, wantBaselines := text(t, in.ModelMetrics), text(t, in.DriftCheckBaselines)
		out := b.describe(b.create(in))
		if got := text(t, out.ModelMetrics); got != wantMetrics {
			t.Errorf("metrics %s, want %s", got, wantMetrics)
		}
		if got := text(t, out.DriftCheckBaselines); got != wantBaselines {
			t.Errorf("baselines %s, want %s", got, wantBaselines)
		}
	})
}

// number fills all texts of a structure, each with a number of its own from n on,
// and answers the next.
func number(v reflect.Value, n int) int {
	for i := range v.NumField() {
		f := v.Field(i)
		f.Set(reflect.New(f.Type().Elem()))
		if f = f.Elem(); f.Kind() == reflect.Struct {
			n = number(f, n)
			continue
		}
		f.SetString(fmt.Sprint("s3://nowhere/", n))
		n++
	}
	return n
}

// CreateModelPackage-12, Co-2: the eight tasks are texts like any other, and so are
// the domain and the name of the nearest model.
func TestTasks(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.group("g")
		for _, task := range []string{"IMAGE_CLASSIFICATION", "OBJECT_DETECTION", "TEXT_GENERATION", "IMAGE_SEGMENTATION", "FILL_MASK", "CLASSIFICATION",
			"REGRESSION", "OTHER", "our own, of 2030"} {
			in := version("g")
			in.Task, in.Domain, in.SamplePayloadUrl = &task, aws.Ptr("domain of "+task), aws.Ptr("s3://bucket/"+strings.ToLower(task)+".tar.gz")
			in.InferenceSpecification.Containers[0].NearestModelName = aws.Ptr("near " + task)
			out := b.describe(b.create(in))
			if *out.Task != task || *out.Domain != "domain of "+task || *out.SamplePayloadUrl != *in.SamplePayloadUrl ||
				*out.InferenceSpecification.Containers[0].NearestModelName != "near "+task {
				t.Errorf("%s: %+v", task, out)
			}
		}
	})
}

// Common-8: a container's environment has 16 variables at most, whose names and
// values have 1024 characters at most. The model says so, for all specifications.
func TestEnvironmentBounds(t *testing.T) {
	t.Parallel()
	variables := func(n int, name, value string) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprintf("%s%02d", name, i)] = value
		}
		return m
	}
	for _, op := range sagemaker.Service.Operations {
		if op.Name != "CreateModelPackage" {
			continue
		}
		for _, place := range []string{"inferenceSpecification", "additionalInferenceSpecifications"} {
			for _, c := range []struct {
				environment map[string]string
				want        string // "" for taken
			}{
				{variables(16, strings.Repeat("K", 1022), strings.Repeat("é", 1024)), ""},
				{variables(17, "K", "v"), "length less than or equal to 16"},
				{variables(1, strings.Repeat("K", 1023), "v"), "keys must satisfy constraint: [Member must have length less than or equal to 1024"},
				{variables(1, "K", strings.Repeat("é", 1025)), "value must satisfy constraint: [Member must have length less than or equal to 1024"},
			} {
				in := version("g")
				in.AdditionalInferenceSpecifications = additional("fast")
				containers := map[string][]*sagemaker.ModelPackageContainerDefinition{
					"inferenceSpecification":            in.InferenceSpecification.Containers,
					"additionalInferenceSpecifications": in.AdditionalInferenceSpecifications[0].Containers,
				}[place]
				containers[0].Environment = c.environment
				switch err := validate.Input(op.Input, in); {
				case err == nil && c.want == "":
				case err == nil || c.want == "" || !strings.Contains(err.Message, c.want) || !strings.Contains(err.Message, "at '"+place):
					t.Errorf("%s, %d variables: %.300v, want %q", place, len(c.environment), err, c.want)
				}
			}
		}
	}
}

// profile is a validation profile that a batch transform job could run by.
func profile(change func(d *sagemaker.TransformJobDefinition)) *sagemaker.ModelPackageValidationSpecification {
	d := &sagemaker.TransformJobDefinition{
		TransformInput: &sagemaker.TransformInput{DataSource: &sagemaker.TransformDataSource{
			S3DataSource: &sagemaker.TransformS3DataSource{S3DataType: sagemaker.S3DataTypeS3Prefix, S3Uri: aws.Ptr("s3://bucket/in/")}}},
		TransformOutput:    &sagemaker.TransformOutput{S3OutputPath: aws.Ptr("s3://bucket/out/")},
		TransformResources: &sagemaker.TransformResources{InstanceType: "ml.m5.large", InstanceCount: aws.Ptr[int32](1)},
	}
	if change != nil {
		change(d)
	}
	return &sagemaker.ModelPackageValidationSpecification{ValidationRole: aws.Ptr("arn:aws:iam::123456789012:role/r"),
		ValidationProfiles: []*sagemaker.ModelPackageValidationProfile{{ProfileName: aws.Ptr("p"), TransformJobDefinition: d}}}
}

// CreateModelPackage-8, DescMP-6, DescMP-7, DescMP-8, Common-3, Common-4: a profile
// that would have to run is refused, whatever it says, because there is no batch
// transform yet (D-140). Where validation is skipped the profile is kept and
// described as it was given, unless no job could run by it.
func TestValidationProfiles(t *testing.T) {
	t.Parallel()
	type definition = sagemaker.TransformJobDefinition
	each(t, func(b *bundle) {
		b.group("g")
		for want, change := range map[string]func(d *definition){
			"": nil,
			" ": func(d *definition) {
				d.MaxConcurrentTransforms, d.MaxPayloadInMB, d.BatchStrategy = aws.Ptr[int32](2), aws.Ptr[int32](6), sagemaker.BatchStrategyMultiRecord
				d.TransformInput.SplitType, d.TransformInput.CompressionType = sagemaker.SplitTypeLine, sagemaker.CompressionTypeGzip
				d.TransformInput.DataSource.S3DataSource.S3DataType = sagemaker.S3DataTypeManifestFile
				d.TransformOutput.AssembleWith, d.TransformOutput.KmsKeyId = sagemaker.AssemblyTypeLine, aws.Ptr("alias/mine")
				d.TransformResources.InstanceCount, d.TransformResources.VolumeKmsKeyId = aws.Ptr[int32](100), aws.Ptr("arn:aws:kms:us-east-1:123456789012:key/k")
			},
			"  ":                       func(d *definition) { d.TransformResources.InstanceType = "ml.g4dn.xlarge" },
			"AugmentedManifestFile":    func(d *definition) { d.TransformInput.DataSource.S3DataSource.S3DataType = "AugmentedManifestFile" },
			"asks for 101 instances":   func(d *definition) { d.TransformResources.InstanceCount = aws.Ptr[int32](101) },
			"TransformOutput.KmsKeyId": func(d *definition) { d.TransformOutput.KmsKeyId = aws.Ptr("no key") },
			`VolumeKmsKeyId "no key"`:  func(d *definition) { d.TransformResources.VolumeKmsKeyId = aws.Ptr("no key") },
			"the type has local storage": func(d *definition) {
				d.TransformResources.InstanceType, d.TransformResources.VolumeKmsKeyId = "ml.g4dn.xlarge", aws.Ptr("k")
			},
		} {
			in := version("g")
			in.ValidationSpecification = profile(change)
			_, err := b.CreateModelPackage(b.ctx, in)
			refused(t, err, aws.ValidationException, "batch transform")
			in = version("g")
			in.ValidationSpecification, in.SkipModelValidation = profile(change), sagemaker.SkipModelValidationAll
			given := text(t, in.ValidationSpecification)
			made, err := b.CreateModelPackage(b.ctx, in)
			if strings.TrimSpace(want) != "" {
				refused(t, err, aws.ValidationException, want)
				continue
			}
			must(t, err)
			out := b.describe(*made.ModelPackageArn)
			if got := text(t, out.ValidationSpecification); got != given || out.SkipModelValidation != sagemaker.SkipModelValidationAll ||
				out.ModelPackageStatus != sagemaker.ModelPackageStatusCompleted || len(out.ModelPackageStatusDetails.ValidationStatuses) > 0 {
				t.Errorf("skipped: %s, want %s: %+v", got, given, out)
			}
		}
	})
}
