package app_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

const owners = "arn:aws:sagemaker:us-east-1:123456789012:"

// registryProbes call the operations of the model registry, models and cards, as
// a stranger who knows the owner's names.
func registryProbes() map[string]func(c *client) (int, string) {
	found := map[string]func(c *client) (int, string){}
	for operation, body := range map[string]string{
		"CreateModelPackageGroup":               `{"ModelPackageGroupName":"` + marker + `"}`,
		"DescribeModelPackageGroup":             `{"ModelPackageGroupName":"` + owners + `model-package-group/` + marker + `"}`,
		"ListModelPackageGroups":                `{}`,
		"DeleteModelPackageGroup":               `{"ModelPackageGroupName":"` + owners + `model-package-group/` + marker + `"}`,
		"PutModelPackageGroupPolicy":            `{"ModelPackageGroupName":"nobodys","ResourcePolicy":"{\"Statement\":[]}"}`,
		"GetModelPackageGroupPolicy":            `{"ModelPackageGroupName":"` + marker + `"}`,
		"DeleteModelPackageGroupPolicy":         `{"ModelPackageGroupName":"` + marker + `"}`,
		"CreateModelPackage":                    `{"ModelPackageGroupName":"` + owners + `model-package-group/` + marker + `"}`,
		"DescribeModelPackage":                  `{"ModelPackageName":"` + owners + `model-package/` + marker + `/1"}`,
		"UpdateModelPackage":                    `{"ModelPackageArn":"` + owners + `model-package/` + marker + `/1","ModelApprovalStatus":"Approved"}`,
		"DeleteModelPackage":                    `{"ModelPackageName":"` + owners + `model-package/` + marker + `/1"}`,
		"ListModelPackages":                     `{"ModelPackageType":"Both"}`,
		"BatchDescribeModelPackage":             `{"ModelPackageArnList":["` + owners + `model-package/` + marker + `/1"]}`,
		"CreateModel":                           `{"ModelName":"` + marker + `","PrimaryContainer":{"ModelPackageName":"` + owners + `model-package/` + marker + `/1"}}`,
		"CreateEndpointConfig":                  `{"EndpointConfigName":"strangers",` + variantOf(marker) + `}`,
		"DescribeEndpointConfig":                `{"EndpointConfigName":"` + marker + `"}`,
		"ListEndpointConfigs":                   `{}`,
		"DeleteEndpointConfig":                  `{"EndpointConfigName":"` + marker + `"}`,
		"CreateEndpoint":                        `{"EndpointName":"strangers","EndpointConfigName":"` + marker + `"}`,
		"DescribeEndpoint":                      `{"EndpointName":"` + marker + `"}`,
		"ListEndpoints":                         `{}`,
		"UpdateEndpoint":                        `{"EndpointName":"` + marker + `","EndpointConfigName":"` + marker + `"}`,
		"DeleteEndpoint":                        `{"EndpointName":"` + marker + `"}`,
		"UpdateEndpointWeightsAndCapacities":    `{"EndpointName":"` + marker + `","DesiredWeightsAndCapacities":[{"VariantName":"v","DesiredWeight":0}]}`,
		"CreateInferenceComponent":              `{"InferenceComponentName":"strangers","EndpointName":"` + marker + `-host","VariantName":"v",` + componentOf(marker) + `}`,
		"DescribeInferenceComponent":            `{"InferenceComponentName":"` + marker + `"}`,
		"ListInferenceComponents":               `{}`,
		"UpdateInferenceComponent":              `{"InferenceComponentName":"` + marker + `","RuntimeConfig":{"CopyCount":0}}`,
		"UpdateInferenceComponentRuntimeConfig": `{"InferenceComponentName":"` + marker + `","DesiredRuntimeConfig":{"CopyCount":0}}`,
		"DeleteInferenceComponent":              `{"InferenceComponentName":"` + marker + `"}`,
		"DescribeModel":                         `{"ModelName":"` + marker + `"}`,
		"ListModels":                            `{}`,
		"DeleteModel":                           `{"ModelName":"` + marker + `"}`,
		"CreateModelCard":                       `{"ModelCardName":"` + marker + `","Content":"{}","ModelCardStatus":"Draft"}`,
		"DescribeModelCard":                     `{"ModelCardName":"` + owners + `model-card/` + marker + `"}`,
		"UpdateModelCard":                       `{"ModelCardName":"nobodys","Content":"{}"}`,
		"DeleteModelCard":                       `{"ModelCardName":"nobodys"}`,
		"ListModelCards":                        `{}`,
		"ListModelCardVersions":                 `{"ModelCardName":"` + marker + `"}`,
		"CreateModelCardExportJob":              `{"ModelCardName":"` + marker + `","ModelCardExportJobName":"j","OutputConfig":{"S3OutputPath":"s3://` + marker + `"}}`,
		"DescribeModelCardExportJob":            `{"ModelCardExportJobArn":"` + owners + `model-card/` + marker + `/export-job/` + marker + `"}`,
		"ListModelCardExportJobs":               `{"ModelCardName":"` + marker + `"}`,
	} {
		found["sagemaker."+operation] = func(c *client) (int, string) { return c.json("sagemaker", "SageMaker."+operation, body) }
	}
	return found
}

// componentOf is what an inference component that runs that model is to be.
func componentOf(model string) string {
	return `"Specification":{"ModelName":"` + model + `","StartupParameters":{"ModelDataDownloadTimeoutInSeconds":60},"ComputeResourceRequirements":{"MinMemoryRequiredInMb":128}},"RuntimeConfig":{"CopyCount":1}`
}

// hostOf are the calls that make an endpoint which hosts inference components.
func hostOf(name string) [][2]string {
	return [][2]string{
		{"CreateEndpointConfig", `{"EndpointConfigName":"` + name + `","ExecutionRoleArn":"arn:aws:iam::123456789012:role/r","ProductionVariants":[{"VariantName":"v","InstanceType":"ml.m5.large","InitialInstanceCount":1}]}`},
		{"CreateEndpoint", `{"EndpointName":"` + name + `","EndpointConfigName":"` + name + `"}`},
	}
}

// variantOf is a variant of an endpoint configuration that runs that model.
func variantOf(model string) string {
	return `"ProductionVariants":[{"VariantName":"v","ModelName":"` + model + `","InstanceType":"ml.m5.large","InitialInstanceCount":1}]`
}

// makeRegistry makes what the owner has of it; every description holds the marker's tag.
func makeRegistry(t *testing.T, owner *client) {
	t.Helper()
	for _, c := range append([][2]string{
		{"CreateModelPackageGroup", `{"ModelPackageGroupName":"` + marker + `","ModelPackageGroupDescription":"` + marker + `-tag"}`},
		{"PutModelPackageGroupPolicy", `{"ModelPackageGroupName":"` + marker + `","ResourcePolicy":"{\"Statement\":[{\"Sid\":\"` + marker + `-tag\"}]}"}`},
		{"CreateModelPackage", `{"ModelPackageGroupName":"` + marker + `","ModelPackageDescription":"` + marker + `-tag"}`},
		{"CreateModel", `{"ModelName":"` + marker + `","PrimaryContainer":{"Image":"example/serve:1","Environment":{"TAG":"` + marker + `-tag"}}}`},
		{"CreateEndpointConfig", `{"EndpointConfigName":"` + marker + `","KmsKeyId":"` + marker + `-tag",` + variantOf(marker) + `}`},
		{"CreateEndpoint", `{"EndpointName":"` + marker + `","EndpointConfigName":"` + marker + `"}`},
		{"CreateModelCard", `{"ModelCardName":"` + marker + `","Content":"{\"model_overview\":{\"model_name\":\"` + marker + `-tag\"}}","ModelCardStatus":"Draft"}`},
		{"CreateModelCardExportJob", `{"ModelCardName":"` + marker + `","ModelCardExportJobName":"` + marker + `","OutputConfig":{"S3OutputPath":"s3://` + marker + `/` + marker + `-tag"}}`},
	}, append(hostOf(marker+"-host"), [2]string{"CreateInferenceComponent", `{"InferenceComponentName":"` + marker + `","EndpointName":"` + marker + `-host","VariantName":"v",` + strings.Replace(componentOf(marker), `"ModelName":"`+marker+`"`, `"Container":{"Image":"example/serve:1","Environment":{"TAG":"`+marker+`-tag"}}`, 1) + `}`})...) {
		if status, text := owner.json("sagemaker", "SageMaker."+c[0], c[1]); status != http.StatusOK {
			t.Fatalf("%s: %d %s", c[0], status, text)
		}
	}
}

// keptRegistry checks that the owner's are as they were after all the probes.
func keptRegistry(t *testing.T, owner *client) {
	t.Helper()
	probes := registryProbes()
	for _, operation := range []string{"DescribeModelPackageGroup", "GetModelPackageGroupPolicy", "DescribeModelPackage", "DescribeModel", "DescribeEndpointConfig", "DescribeInferenceComponent", "DescribeModelCard", "DescribeModelCardExportJob"} {
		status, text := probes["sagemaker."+operation](owner)
		if status != http.StatusOK || !strings.Contains(text, marker+"-tag") || strings.Contains(text, `"Approved"`) {
			t.Errorf("the owner's is gone: %s: %d %s", operation, status, text)
		}
	}
}

// allProbes are those of all operations.
func allProbes(t *testing.T) map[string]func(c *client) (int, string) {
	t.Helper()
	all := maps.Clone(probes)
	for _, more := range []map[string]func(c *client) (int, string){registryProbes(), scalingProbes(), asyncProbes()} {
		for name, probe := range more {
			if all[name] != nil {
				t.Fatalf("two probes of %s", name)
			}
			all[name] = probe
		}
	}
	return all
}
