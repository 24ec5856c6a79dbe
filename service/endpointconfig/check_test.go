package endpointconfig_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/service/endpointconfig"
)

type input = sagemaker.CreateEndpointConfigInput

// with is a configuration of one variant that was changed.
func with(v *sagemaker.ProductionVariant, change func(v *sagemaker.ProductionVariant)) *input {
	change(v)
	return &input{ProductionVariants: variants(v)}
}

// n is the number as members have it.
func n(i int32) *int32 { return &i }

// scaling is a variant with managed instance scaling; 0 leaves a member out.
func scaling(count, least, most int32) *input {
	return with(variant("v", "one"), func(v *sagemaker.ProductionVariant) {
		v.InitialInstanceCount = n(count)
		v.ManagedInstanceScaling = &sagemaker.ProductionVariantManagedInstanceScaling{Status: "ENABLED"}
		if least > 0 {
			v.ManagedInstanceScaling.MinInstanceCount = n(least)
		}
		if most > 0 {
			v.ManagedInstanceScaling.MaxInstanceCount = n(most)
		}
	})
}

// queued is an asynchronous configuration that was changed.
func queued(change func(o *sagemaker.AsyncInferenceOutputConfig)) *input {
	a := async()
	change(a.OutputConfig)
	return &input{ProductionVariants: variants(variant("v", "one")), AsyncInferenceConfig: a}
}

// explained is a configuration with an explainer that was changed.
func explained(change func(e *sagemaker.ClarifyExplainerConfig)) *input {
	e := explainer()
	change(e.ClarifyExplainerConfig)
	return &input{ProductionVariants: variants(variant("v", "one")), ExplainerConfig: e}
}

// refusals are the rules by id, with the words of the refusal: anew for each
// database, because defaults are filled into a request.
func refusals() map[string]map[string]*input {
	return map[string]map[string]*input{
		"CreateEndpointConfig-1": {
			`Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/none".`: {ProductionVariants: variants(variant("v", "none"))},
			`"v" occurs more than once`: {ProductionVariants: variants(variant("v", "one"), variant("v", "one"))},
			`"p" occurs more than once`: {ProductionVariants: variants(variant("p", "one")), ShadowProductionVariants: variants(variant("p", "one"))},
		},
		"CreateEndpointConfig-4, Serverless-1": {
			"needs an InstanceType and":           with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.InstanceType = "" }),
			"needs an InitialInstanceCount":       with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.InitialInstanceCount = nil }),
			"and InstanceType, which":             with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.InstanceType = "ml.m5.large" }),
			"and InitialInstanceCount, which":     with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.InitialInstanceCount = n(1) }),
			"and VolumeSizeInGB, which":           with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.VolumeSizeInGB = n(1) }),
			"and RoutingConfig, which":            with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.RoutingConfig = &sagemaker.ProductionVariantRoutingConfig{} }),
			"MemorySizeInMB 1025. It is one of":   with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.ServerlessConfig.MemorySizeInMB = n(1025) }),
			"6, which is more than its MaxConcur": with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.ServerlessConfig.ProvisionedConcurrency = n(6) }),
			"ServerlessConfig and no ModelName":   with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.ModelName = nil }),
			"cannot have other variants":          {ProductionVariants: variants(serverless("v", "one"), variant("w", "one"))},
			"cannot have shadow variants":         {ProductionVariants: variants(variant("v", "one")), ShadowProductionVariants: variants(serverless("s", "one"))},
			"cannot have an AsyncInferenceConfig": {ProductionVariants: variants(serverless("v", "one")), AsyncInferenceConfig: async()},
			"cannot have data capture":            {ProductionVariants: variants(serverless("v", "one")), DataCaptureConfig: capture()},
			"cannot have a VpcConfig":             {ProductionVariants: variants(serverless("v", "one")), VpcConfig: &sagemaker.VpcConfig{}},
			"cannot have EnableNetworkIsolation":  {ProductionVariants: variants(serverless("v", "one")), EnableNetworkIsolation: aws.Ptr(true)},
			"cannot use the model many":           {ProductionVariants: variants(serverless("v", "many"))},
			"cannot use the model two":            {ProductionVariants: variants(serverless("v", "two"))},
			"cannot use the model vpc":            {ProductionVariants: variants(serverless("v", "vpc"))},
			"cannot use the model isolated":       {ProductionVariants: variants(serverless("v", "isolated"))},
			"cannot use the model private":        {ProductionVariants: variants(serverless("v", "private"))},
		},
		"CreateEndpointConfig-5": {
			"give its ExecutionRoleArn":    with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.ModelName = nil }),
			`"w" has none. Either every`:   {ProductionVariants: variants(variant("v", "one"), with(variant("w", ""), func(v *sagemaker.ProductionVariant) { v.ModelName = nil }).ProductionVariants[0])},
			"Could not assume role":        {ProductionVariants: variants(variant("v", "one")), ExecutionRoleArn: aws.Ptr("arn:aws:iam::123456789012:role/none")},
			"cannot be asked asynchronous": components(&input{AsyncInferenceConfig: async()}),
			"are not explained":            components(&input{ExplainerConfig: explainer()}),
		},
		"CreateEndpointConfig-6, Shadow-1": {
			"There are 2 production and 1":   {ProductionVariants: variants(variant("v", "one"), variant("w", "one")), ShadowProductionVariants: variants(variant("s", "one"))},
			"There are 1 production and 2":   {ProductionVariants: variants(variant("v", "one")), ShadowProductionVariants: variants(variant("s", "one"), variant("t", "one"))},
			"has no shadow variants. Leave":  {ProductionVariants: variants(variant("v", "one")), ShadowProductionVariants: variants(variant("s", "one")), AsyncInferenceConfig: async()},
			"shadow variant and cannot use":  {ProductionVariants: variants(variant("v", "one")), ShadowProductionVariants: variants(variant("s", "two"))},
			"variant and cannot use the mod": {ProductionVariants: variants(variant("v", "many")), ShadowProductionVariants: variants(variant("s", "one"))},
		},
		"CreateEndpointConfig-8": {
			"more than its MaxInstanceCount 2":     scaling(2, 3, 2),
			"without a MaxInstanceCount":           scaling(1, 1, 0),
			"of 4, which is more than the MaxInst": scaling(4, 1, 3),
			"of 1, which is less than the MinInst": scaling(1, 2, 3),
		},
		"CreateEndpointConfig-9": {
			"CoreDumpConfig.DestinationS3Uri: the S3 URI": with(variant("v", "one"), func(v *sagemaker.ProductionVariant) {
				v.CoreDumpConfig = &sagemaker.ProductionVariantCoreDumpConfig{DestinationS3Uri: aws.Ptr("https://b/k")}
			}),
			"There is no Systems Manager": with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.EnableSSMAccess = aws.Ptr(true) }),
			"no Elastic Inference":        with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.AcceleratorType = "ml.eia2.medium" }),
		},
		"CreateEndpointConfig-10": {
			"DataCaptureConfig.DestinationS3Uri": {ProductionVariants: variants(variant("v", "one")), DataCaptureConfig: func() *sagemaker.DataCaptureConfig {
				c := capture()
				c.DestinationS3Uri = aws.Ptr("https://b/k")
				return c
			}()},
			"text/csv as CSV and as JSON": {ProductionVariants: variants(variant("v", "one")), DataCaptureConfig: func() *sagemaker.DataCaptureConfig {
				c := capture()
				c.CaptureContentTypeHeader = &sagemaker.CaptureContentTypeHeader{CsvContentTypes: []string{"text/csv"}, JsonContentTypes: []string{"text/csv"}}
				return c
			}()},
		},
		"CreateEndpointConfig-11": {
			"nobody would get them":   queued(func(o *sagemaker.AsyncInferenceOutputConfig) { o.S3OutputPath = nil }),
			"OutputConfig.S3OutputPa": queued(func(o *sagemaker.AsyncInferenceOutputConfig) { o.S3OutputPath = aws.Ptr("https://b/k") }),
			"OutputConfig.S3FailureP": queued(func(o *sagemaker.AsyncInferenceOutputConfig) { o.S3FailurePath = aws.Ptr("https://b/k") }),
			"there is no SuccessTopic": queued(func(o *sagemaker.AsyncInferenceOutputConfig) {
				o.NotificationConfig = &sagemaker.AsyncInferenceNotificationConfig{IncludeInferenceResponseIn: []sagemaker.AsyncNotificationTopicTypes{"SUCCESS_NOTIFICATION_TOPIC"}}
			}),
			"there is no ErrorTopic": queued(func(o *sagemaker.AsyncInferenceOutputConfig) {
				o.NotificationConfig = &sagemaker.AsyncInferenceNotificationConfig{IncludeInferenceResponseIn: []sagemaker.AsyncNotificationTopicTypes{"ERROR_NOTIFICATION_TOPIC"}}
			}),
		},
		"CreateEndpointConfig-13 to -17": {
			"ExplainerConfig is empty": {ProductionVariants: variants(variant("v", "one")), ExplainerConfig: &sagemaker.ExplainerConfig{}},
			"explains nothing":         {ProductionVariants: variants(variant("v", "one")), ExplainerConfig: explainer(), AsyncInferenceConfig: async()},
			"is explained and cannot":  {ProductionVariants: variants(variant("v", "many")), ExplainerConfig: explainer()},
			"no JMESPath":              explained(func(e *sagemaker.ClarifyExplainerConfig) { e.EnableExplanations = aws.Ptr("[") }),
			"and only one of them":     explained(func(e *sagemaker.ClarifyExplainerConfig) { e.ShapConfig.ShapBaselineConfig.ShapBaseline = nil }),
			"needs a ShapBaseline or": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.ShapConfig.ShapBaselineConfig.ShapBaselineUri = aws.Ptr("s3://b/k")
			}),
			"ShapBaselineConfig.ShapBasel": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.ShapConfig.ShapBaselineConfig = &sagemaker.ClarifyShapBaselineConfig{ShapBaselineUri: aws.Ptr("https://b/k")}
			}),
			"application/json of": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.ShapConfig.ShapBaselineConfig.MimeType = aws.Ptr("application/json")
			}),
			"has no $features":          explained(func(e *sagemaker.ClarifyExplainerConfig) { e.InferenceConfig.ContentTemplate = aws.Ptr("{}") }),
			"ContentTemplate is needed": explained(func(e *sagemaker.ClarifyExplainerConfig) { e.InferenceConfig.FeaturesAttribute = aws.Ptr("f") }),
			"choose in CSV": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.InferenceConfig.ProbabilityIndex, e.InferenceConfig.LabelAttribute = n(1), aws.Ptr("l")
			}),
			"2 FeatureHeaders and 1 FeatureTypes": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.InferenceConfig.FeatureHeaders, e.InferenceConfig.FeatureTypes = []string{"a", "b"}, []sagemaker.ClarifyFeatureType{"numerical"}
			}),
			"give ShapConfig.TextConfig": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.InferenceConfig.FeatureTypes = []sagemaker.ClarifyFeatureType{"text"}
			}),
			"FeatureTypes has none": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.InferenceConfig.FeatureTypes, e.ShapConfig.TextConfig = []sagemaker.ClarifyFeatureType{"numerical"}, &sagemaker.ClarifyTextConfig{}
			}),
		},
		"CreateEndpointConfig-18, Common-4": {
			"KmsKeyId encrypts volumes": func() *input {
				in := with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.InstanceType = "ml.g4dn.xlarge" })
				in.KmsKeyId = aws.Ptr("key")
				return in
			}(),
			"so there is no volume": with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.InstanceType, v.VolumeSizeInGB = "ml.m5d.large", n(10) }),
		},
		"X-11": {
			`tag key "k" occurs more`: {ProductionVariants: variants(variant("v", "one")), Tags: []*sagemaker.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("")}, {Key: aws.Ptr("k"), Value: aws.Ptr("")}}},
		},
	}
}

// components is a configuration for inference components.
func components(in *input) *input {
	v := variant("v", "")
	v.ModelName = nil
	in.ProductionVariants, in.ExecutionRoleArn = variants(v), aws.Ptr(role)
	return in
}

// What CreateEndpointConfig refuses, by rule, and nothing is stored of it.
func TestCreateEndpointConfigRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *endpointconfig.Service) {
		for rule, cases := range refusals() {
			for want, in := range cases {
				in.EndpointConfigName = aws.Ptr("refused")
				if _, err := s.CreateEndpointConfig(ctx, in); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v, want a ValidationException with %q", rule, err, want)
				}
			}
		}
		list, err := s.ListEndpointConfigs(ctx, &sagemaker.ListEndpointConfigsInput{})
		if err != nil || len(list.EndpointConfigs) > 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// What looks like it and is allowed.
func TestCreateEndpointConfigAllows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ctx context.Context, s *endpointconfig.Service) {
		off := capture()
		off.EnableCapture = aws.Ptr(false)
		for name, in := range map[string]*input{
			"serverless-without-capture": {ProductionVariants: variants(serverless("v", "one")), DataCaptureConfig: off},
			"all-memory":                 with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.ServerlessConfig.MemorySizeInMB = n(6144) }),
			"all-provisioned":            with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.ServerlessConfig.ProvisionedConcurrency = n(5) }),
			"serverless-timeouts":        with(serverless("v", "one"), func(v *sagemaker.ProductionVariant) { v.ModelDataDownloadTimeoutInSeconds = n(60) }),
			"fixed-count":                scaling(2, 2, 2),
			"scaling-off": with(variant("v", "one"), func(v *sagemaker.ProductionVariant) {
				v.ManagedInstanceScaling = &sagemaker.ProductionVariantManagedInstanceScaling{Status: "DISABLED", MinInstanceCount: n(3)}
			}),
			"only-in-notifications": queued(func(o *sagemaker.AsyncInferenceOutputConfig) {
				o.S3OutputPath = nil
				o.NotificationConfig = &sagemaker.AsyncInferenceNotificationConfig{
					SuccessTopic: aws.Ptr("t"), IncludeInferenceResponseIn: []sagemaker.AsyncNotificationTopicTypes{"SUCCESS_NOTIFICATION_TOPIC"},
				}
			}),
			"text": explained(func(e *sagemaker.ClarifyExplainerConfig) { e.ShapConfig.TextConfig = &sagemaker.ClarifyTextConfig{} }),
			"json-lines": explained(func(e *sagemaker.ClarifyExplainerConfig) {
				e.InferenceConfig.ContentTemplate, e.InferenceConfig.FeaturesAttribute = aws.Ptr(`{"f":$features}`), aws.Ptr("f")
			}),
			"volume":    with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.VolumeSizeInGB = n(512) }),
			"no-ssm":    with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.EnableSSMAccess = aws.Ptr(false) }),
			"local":     with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.InstanceType = "ml.g4dn.xlarge" }),
			"own-vpc":   {ProductionVariants: variants(variant("v", "vpc"), variant("w", "isolated"))},
			"all-zeros": with(variant("v", "one"), func(v *sagemaker.ProductionVariant) { v.InitialVariantWeight = aws.Ptr[float32](0) }),
		} {
			in.EndpointConfigName = &name
			if _, err := s.CreateEndpointConfig(ctx, in); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
